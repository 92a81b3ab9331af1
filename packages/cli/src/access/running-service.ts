/**
 * The controller that runs already, if there is one: named by the operator, else the one that holds the state folder.
 *
 * A service leaves a token for the commands of its own machine in the state folder, readable by whoever may read the
 * store itself: it gives away nothing that the file system has not given away before.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient, fetchTransport } from "@trunkline/api";
import type { Client } from "@trunkline/api";
import { journalHolder } from "@trunkline/controller";
import { TrunklineError, messageOf } from "@trunkline/model";
import { journalPath, stateFolder } from "../context.ts";
import type { GlobalOptions } from "../context.ts";

export const localTokenFile = (folder: string): string => join(folder, "local-token");

export interface RunningService {
  readonly url: string;
  readonly client: Client;
  /** By address; else it was found in the state folder. */
  readonly isNamed: boolean;
}

/** @returns undefined when none was named and none holds the state folder. */
export function runningService(options: GlobalOptions): RunningService | undefined {
  const named = options.server ?? process.env["TRUNKLINE_URL"];
  if (named !== undefined) return connectTo(named, process.env["TRUNKLINE_TOKEN"] ?? localToken(options), true);
  const url = journalHolder(journalPath(options))?.url;
  return url === undefined ? undefined : connectTo(url, process.env["TRUNKLINE_TOKEN"] ?? localToken(options), false);
}

function connectTo(url: string, token: string | undefined, isNamed: boolean): RunningService {
  if (!/^https?:\/\//.test(url))
    throw new TrunklineError("usage.invalid", `--server ${url} is not an address such as http://127.0.0.1:8440`);
  const transport = fetchTransport(url);
  return { url, isNamed, client: createClient({ transport, ...(token === undefined ? {} : { token }) }) };
}

function localToken(options: GlobalOptions): string | undefined {
  const path = localTokenFile(stateFolder(options));
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new TrunklineError("auth.missing", `the token ${path} could not be read: ${messageOf(error)}`, {
      hint: "Run the command as the user who runs the service, or give a token in TRUNKLINE_TOKEN.",
    });
  }
}
