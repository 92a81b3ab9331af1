/** The cluster as it is now: a running controller knows it within seconds, an embedded one has to look first. */
import type { Snapshot } from "@trunkline/model";
import { askSignal } from "./ask-signal.ts";
import type { Access } from "./open-client.ts";

export async function freshSnapshot({ client, isEmbedded }: Access): Promise<Snapshot> {
  return await client.call("snapshot.show", { query: { fresh: isEmbedded } }, { signal: askSignal() });
}
