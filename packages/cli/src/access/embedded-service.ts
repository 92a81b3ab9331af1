/**
 * A controller for the length of one command, reached without a socket. It settles what a dead process left, looks at
 * the cluster once, and starts nothing that nobody asked this command for.
 */
import { userInfo } from "node:os";
import { createClient } from "@trunkline/api";
import type { Client } from "@trunkline/api";
import {
  createLogger,
  injectTransport,
  mintCredential,
  openStore,
  readConfig,
  realWorld,
  silentLog,
  systemClock,
  systemRandom,
} from "@trunkline/controller";
import type { ServiceLog } from "@trunkline/controller";
import type { Store } from "@trunkline/ports";
import { inventoryOrNone, journalPath, resolveInventory } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { note } from "../output/print.ts";
import { reportText } from "../output/text.ts";
import { assemble } from "./assemble.ts";

export interface AccessOptions {
  /** The command changes something, so an embedded controller takes the store's lease and settles what was left. */
  readonly acts: boolean;
  /** Kept from an embedded controller: it ends with the command, and nobody would find what it was told. */
  readonly needsService?: boolean;
  /** False for what is read from the store alone. */
  readonly needsInventory?: boolean;
}

export interface EmbeddedService {
  readonly client: Client;
  close(): Promise<void>;
}

export async function embedService(
  options: GlobalOptions,
  { acts, needsInventory = true }: AccessOptions,
): Promise<EmbeddedService> {
  const inventory = needsInventory ? resolveInventory(options) : inventoryOrNone(options);
  const opened = await openStore({ path: journalPath(options), clock: systemClock, readOnly: !acts });
  const pass = mintCredential(
    { kind: "token", actor: userName(), role: "admin", livesMs: null },
    systemClock,
    systemRandom,
  );
  const world = realWorld(inventory);
  let isStarting = true;
  const { service, app } = await assemble({
    world,
    store: acts ? opened : withoutWrites(opened),
    as: "command",
    config: { ...readConfig(undefined), observe: { ...readConfig(undefined).observe, intervalMs: embeddedIntervalMs } },
    logger: createLogger({ clock: systemClock, level: "fatal" }),
    log: logWhile(() => isStarting),
    passes: [pass.record],
    readiness: () => ({ isReady: true, why: "" }),
    onReport: (report) => {
      if (isStarting) note(`settled a move that was left: ${reportText(report)}`);
    },
  });
  const close = async (): Promise<void> => {
    await service.stop(AbortSignal.abort());
    await app.close();
    await world.close();
    await opened.close();
  };
  try {
    await service.start();
  } catch (error) {
    await close();
    throw error;
  }
  isStarting = false;
  return { client: createClient({ transport: injectTransport(app), token: pass.secret }), close };
}

/** What it says while it settles what was left; later the command itself tells what happens to its move. */
const logWhile = (isHeard: () => boolean): ServiceLog => ({
  ...silentLog,
  info: (text) => {
    if (isHeard() && !text.startsWith("the move of")) note(text);
  },
  warn: (text) => {
    if (isHeard()) note(text);
  },
});

/** A command is over before the next question would come. */
const embeddedIntervalMs = 60_000;

/** A command that only looks leaves no trace: what the interface would write down has no reader. */
const withoutWrites = (store: Store): Store => ({
  journal: store.journal,
  events: store.events,
  intents: store.intents,
  accounts: store.accounts,
  audit: { append: async () => undefined, page: async (before, limit) => await store.audit.page(before, limit) },
  answers: { find: async () => undefined, put: async () => undefined, removeOlderThan: async () => undefined },
  backup: async (path) => await store.backup(path),
  close: async () => await store.close(),
});

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A process may run under a number that no name belongs to (os.userInfo throws then).
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
