/**
 * Changes the database and waits until ovs-vswitchd has taken the change over, as ovs-vsctl does: the transaction raises
 * Open_vSwitch.next_cfg, and ovs-vswitchd sets cur_cfg to it once everything up to there is applied
 * (ovs-vswitchd.conf.db(5), "Configuration Sequence Numbers").
 */
import { OvsdbError } from "../errors.ts";
import { APPLY_TIMEOUT_MS } from "../limits.ts";
import type { OvsdbConnection } from "../ovsdb/connection.ts";
import { mutateRows, selectRows } from "../ovsdb/operations.ts";
import type { Operation } from "../ovsdb/operations.ts";
import { rowsOf } from "../ovsdb/results.ts";
import type { OperationResult } from "../ovsdb/results.ts";
import type { TableUpdates } from "../ovsdb/monitor.ts";
import { readRow } from "../rows/columns.ts";
import { openVSwitchDatabase } from "./topology.ts";

export interface ApplyOptions {
  readonly signal?: AbortSignal;
  /** How long ovs-vswitchd may take. When it runs out the change stays in the database. */
  readonly applyTimeoutMs?: number;
}

export async function applyChange(
  connection: OvsdbConnection,
  operations: readonly Operation[],
  options: ApplyOptions = {},
): Promise<readonly OperationResult[]> {
  const results = await connection.transact(
    openVSwitchDatabase,
    [
      ...operations,
      mutateRows("Open_vSwitch", [], [["next_cfg", "+=", 1]]),
      selectRows("Open_vSwitch", [], ["next_cfg"]),
    ],
    options.signal === undefined ? {} : { signal: options.signal },
  );
  const [row] = rowsOf(results, operations.length + 1);
  if (row === undefined)
    throw new OvsdbError("ovsdb.not-found", `The database at ${connection.address} has no Open_vSwitch row.`);
  await waitUntilApplied(connection, readRow("Open_vSwitch", row).integer("next_cfg"), options);
  return results.slice(0, operations.length);
}

async function waitUntilApplied(connection: OvsdbConnection, wantedCfg: number, options: ApplyOptions): Promise<void> {
  const timeoutMs = options.applyTimeoutMs ?? APPLY_TIMEOUT_MS;
  // Held by its timer: AbortSignal.any keeps a signal of AbortSignal.timeout weakly, and it may never fire (Node 20.20).
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort();
  }, timeoutMs);
  const signal = options.signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, options.signal]);
  try {
    const monitor = await connection.monitor(
      openVSwitchDatabase,
      { Open_vSwitch: { columns: ["cur_cfg"] } },
      { signal },
    );
    const cancel = (): void => {
      monitor.cancel().catch(() => {});
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      if (reached(monitor.initial, wantedCfg)) return;
      // Should the deadline have passed already, the monitor is cancelled and this loop ends at once.
      if (signal.aborted) cancel();
      for await (const updates of monitor) if (reached(updates, wantedCfg)) return;
    } finally {
      signal.removeEventListener("abort", cancel);
      cancel();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  if (options.signal?.aborted === true) {
    throw new OvsdbError(
      "ovsdb.aborted",
      "The caller gave up while ovs-vswitchd applied the change; the database has it.",
    );
  }
  throw new OvsdbError(
    "ovsdb.timeout",
    `The database has the change, but ovs-vswitchd did not apply it within ${timeoutMs} ms.`,
    {
      hint: "Check that ovs-vswitchd runs and what its log says; it applies the change as soon as it can.",
      details: { address: connection.address },
    },
  );
}

function reached(updates: TableUpdates, wantedCfg: number): boolean {
  return updates.some(
    (update) => update.new !== undefined && readRow("Open_vSwitch", update.new).integer("cur_cfg") >= wantedCfg,
  );
}
