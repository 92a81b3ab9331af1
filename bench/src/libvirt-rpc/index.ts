/**
 * What our client of libvirt's protocol costs: beside spawning virsh for the same answer, per connection that is held
 * open, per call. All against one real libvirtd with a few paused VMs.
 */
import { connect } from "@trunkline/libvirt";
import type { Connection } from "@trunkline/libvirt";
import type { Lab } from "@trunkline/lab";
import { TrunklineError, assert } from "@trunkline/model";
import { withLab } from "../bench-lab.ts";
import { atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { runCommand } from "../command.ts";
import { alternate, ratios, spreadOf } from "../paired.ts";
import type { Pair } from "../paired.ts";
import { loadFigures } from "./client.ts";
import { withPausedGuests } from "./guests.ts";
import { pageOf } from "./page.ts";

export const description = "our client of libvirt: statistics beside virsh, memory of 200 connections, leaks, latency";

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { quick, log, signal } = options;
  return await withLab(options, async (lab) => {
    const { uri, daemonPid } = await idleHost(lab);
    const connection = await connect(uri, { signal });
    try {
      return await withPausedGuests(connection, guestCount, async () => {
        log(`${guestCount} paused VMs; statistics by virsh and by us in turn`);
        const pairs = await alternate(
          quick ? 10 : 40,
          async () => await byVirsh(uri, signal),
          async () => await byUs(connection, uri, signal),
        );
        log("the client under load");
        const load = quick ? quickLoad : fullLoad;
        const figures = { ...load, ...(await loadFigures({ ...load, uri, daemonPid }, signal)) };
        return resultOf(pairs, figures);
      });
    } finally {
      await connection.close();
    }
  });
}

/** The host without a running VM: what libvirtd does there, it does for us. */
async function idleHost(lab: Lab): Promise<{ readonly uri: string; readonly daemonPid: number }> {
  const { hosts, vms } = await lab.status();
  const host = hosts.find(({ name }) => !vms.some((vm) => vm.host === name));
  const daemonPid = host === undefined ? undefined : lab.libvirtdPid(host.name);
  if (host !== undefined && daemonPid !== undefined) return { uri: host.libvirtUri, daemonPid };
  throw new TrunklineError("lab.failed", "the lab has no host without a VM");
}

interface Asked {
  readonly ms: number;
  readonly connectedMs: number;
}

async function byVirsh(uri: string, signal: AbortSignal): Promise<Asked> {
  const { stdout, wallMs } = await runCommand(["virsh", "-c", uri, "domstats"], signal);
  assert(stdout.split("Domain: ").length - 1 === guestCount, "virsh tells of every VM");
  return { ms: wallMs, connectedMs: wallMs };
}

/** On the connection that stands, as a controller asks; and on one made for it, as virsh has to. */
async function byUs(standing: Connection, uri: string, signal: AbortSignal): Promise<Asked> {
  const startedMs = performance.now();
  await askAll(standing, signal);
  const ms = performance.now() - startedMs;
  const connectingMs = performance.now();
  const own = await connect(uri, { signal });
  try {
    await askAll(own, signal);
  } finally {
    await own.close();
  }
  return { ms, connectedMs: performance.now() - connectingMs };
}

async function askAll(connection: Connection, signal: AbortSignal): Promise<void> {
  const args = { doms: [], stats: allGroups, flags: 0 };
  const { records } = await connection.call("connectGetAllDomainStats", args, { signal });
  assert(records.length === guestCount, "libvirt tells us of every VM");
}

function resultOf(
  pairs: readonly Pair<Asked>[],
  load: typeof fullLoad & Awaited<ReturnType<typeof loadFigures>>,
): BenchResult {
  const stats = {
    ratio: ratios(pairs, ({ ms }) => ms),
    ratioWithConnecting: ratios(pairs, ({ connectedMs }) => connectedMs),
    virshMs: spreadOf(pairs.map(({ a }) => a.ms)),
    oursMs: spreadOf(pairs.map(({ b }) => b.ms)),
  };
  const perCallBytes = (load.heapAfterBytes - load.heapBeforeBytes) / (load.callsAfter - load.callsBefore);
  const { heapBytes, externalBytes } = load.perConnection;
  const figures = { vms: guestCount, stats, ...load, perCallBytes };
  return {
    figures,
    bars: [
      atMost("statistics of all VMs, ours to virsh, median of pairs", stats.ratio.median, "", 0.75),
      atMost("the same with a connection made for it", stats.ratioWithConnecting.median, "", 1),
      atMost("connections that were not open in the end", load.connections - load.connectionsOpen, "", 0),
      atMost("heap and buffers of a connection", (heapBytes + externalBytes) / 1024, "KiB", 16),
      atMost("heap that a call leaves behind", perCallBytes, "bytes", leakLimitBytes),
    ],
    table: pageOf(figures),
  };
}

const guestCount = 4;

/** A forgotten call would keep its entry, its closures and its timer, some hundred bytes; the engine's own wandering stays below. */
const leakLimitBytes = 48;

/** Zero asks for all groups of statistics, as virsh domstats does. */
const allGroups = 0;

const fullLoad = { connections: 200, callsBefore: 2_000, callsAfter: 10_000, latencyCalls: 5_000, inFlight: 50 };
const quickLoad = { connections: 50, callsBefore: 2_000, callsAfter: 4_000, latencyCalls: 1_000, inFlight: 50 };
