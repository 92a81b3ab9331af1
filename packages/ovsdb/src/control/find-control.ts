/** Finds the control socket of the ovs-vswitchd of this host, as ovs-appctl(8) does: its name carries the process id. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { OvsdbError, reasonOf } from "../errors.ts";
import { RUN_FOLDER } from "../limits.ts";

/** `runFolder` is what the daemon knows as OVS_RUNDIR. Throws `ovsdb.not-found` where no daemon left its process id. */
export async function findControlAddress(runFolder: string = RUN_FOLDER, signal?: AbortSignal): Promise<string> {
  const file = path.join(runFolder, "ovs-vswitchd.pid");
  let text: string;
  try {
    text = await readFile(file, { encoding: "utf8", ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (signal?.aborted === true)
      throw new OvsdbError("ovsdb.aborted", `The caller gave up reading ${file}.`, { cause: error });
    throw absent(file, reasonOf(error), error);
  }
  const pid = /^(?<pid>\d{1,10})\s*$/u.exec(text)?.groups?.["pid"];
  if (pid === undefined) throw absent(file, "it holds no process id");
  return `unix:${path.join(runFolder, `ovs-vswitchd.${pid}.ctl`)}`;
}

function absent(file: string, why: string, cause?: unknown): OvsdbError {
  return new OvsdbError("ovsdb.not-found", `No ovs-vswitchd can be found by ${file}: ${why}.`, {
    hint: "Start ovs-vswitchd with --pidfile, or name its control socket.",
    details: { file },
    ...(cause === undefined ? {} : { cause }),
  });
}
