/** Every metric with its help, labels and buckets. Those with known labels exist from the start, at zero. */
import { Counter, Gauge, Histogram } from "prom-client";
import type { Registry } from "prom-client";
import type { HostReach, Maintenance, Outcome, PowerState } from "@trunkline/model";

export type Instruments = ReturnType<typeof defineInstruments>;

const outcomes = keysOf<Outcome>({
  completed: true,
  failed: true,
  cancelled: true,
  refused: true,
  unsettled: true,
});
export const reaches = keysOf<HostReach["kind"]>({ up: true, unreachable: true, "not-asked-yet": true });
export const maintenances = keysOf<Maintenance>({ no: true, entering: true, in: true });
export const powers = keysOf<PowerState>({
  running: true,
  paused: true,
  shutoff: true,
  crashed: true,
  other: true,
});
export const httpMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** A copy takes seconds to hours; a pause or a silence milliseconds to, at worst, half a minute. */
const moveSeconds = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200];
const pauseSeconds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30];
/** 16 MiB to 4 TiB, each four times the one before. */
const moveBytes = Array.from({ length: 10 }, (_, power) => 16 * 1024 ** 2 * 4 ** power);
/** Predicted by measured: 1 is right, 0.5 promised half of what it took. */
const ratios = [0.25, 0.5, 0.67, 0.8, 0.9, 1.1, 1.25, 1.5, 2, 4];
const callSeconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15];
const writeSeconds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5];

export function defineInstruments(registry: Registry) {
  const registers = [registry];
  const gauge = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name, help, labelNames, registers });
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name, help, labelNames, registers });
  const histogram = <L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly L[] = [],
  ) => new Histogram<L>({ name, help, labelNames, buckets: [...buckets], registers });

  const instruments = {
    buildInfo: gauge("trunkline_build_info", "Version of the service and of Node; always 1.", ["version", "node"]),

    moves: counter("trunkline_moves_total", "Moves that ended, by outcome.", ["outcome"]),
    moveDuration: histogram(
      "trunkline_move_duration_seconds",
      "From the first call of a move to the last confirmed one, without the checks.",
      moveSeconds,
      ["outcome"],
    ),
    moveDowntime: histogram(
      "trunkline_move_downtime_seconds",
      "Pause of the guest, as QEMU measured it.",
      pauseSeconds,
    ),
    clientSilence: histogram(
      "trunkline_move_client_silence_seconds",
      "Longest time between two answers of the VM to a client, around a move that a probe watched.",
      pauseSeconds,
    ),
    switchLearned: histogram(
      "trunkline_move_switch_learned_seconds",
      "From the guest's resume until every readable switch forwards to its new port.",
      pauseSeconds,
    ),
    moveBytes: histogram("trunkline_move_transferred_bytes", "Bytes that one move sent.", moveBytes),
    prediction: histogram(
      "trunkline_move_prediction_ratio",
      "Predicted by measured, of moves that completed: 1 is right, less was too hopeful.",
      ratios,
      ["figure"],
    ),
    movesWaiting: gauge("trunkline_moves_waiting", "Moves in the queue."),
    movesUnderWay: gauge("trunkline_moves_under_way", "Moves that have started and not ended."),

    hosts: gauge("trunkline_hosts", "Hosts, by whether they answer.", ["reach"]),
    hostsByMaintenance: gauge("trunkline_hosts_by_maintenance", "Hosts, by maintenance.", ["state"]),
    vms: gauge("trunkline_vms", "VMs, each once, by what is known last of their power.", ["power"]),
    vmsLastSeen: gauge("trunkline_vms_last_seen", "VMs that only hosts know which are silent now."),
    automationPaused: gauge("trunkline_automation_paused", "1 while an operator holds automation back."),
    snapshotTime: gauge("trunkline_snapshot_timestamp_seconds", "When the newest snapshot was taken, in Unix time."),
    collectorCycle: gauge(
      "trunkline_collector_cycle_seconds",
      "How long the newest round took in which every host was asked once.",
    ),
    collectorLag: gauge(
      "trunkline_collector_lag_seconds",
      "Age of what is known of the host that was read longest ago, of those that answer.",
    ),
    collectorReadings: counter("trunkline_collector_readings_total", "Readings of hosts, failed ones included."),
    collectorFailures: counter("trunkline_collector_failures_total", "Readings of hosts that failed."),

    journalAppend: histogram("trunkline_journal_append_seconds", "One durable write of the journal.", writeSeconds),
    journalFailures: counter("trunkline_journal_failures_total", "Writes of the journal that failed."),
    rpc: histogram("trunkline_rpc_seconds", "Answer time of the hosts' libvirt, by procedure.", callSeconds, [
      "procedure",
    ]),
    rpcFailures: counter("trunkline_rpc_failures_total", "Questions to libvirt that failed, by procedure.", [
      "procedure",
    ]),

    httpRequests: counter("trunkline_http_requests_total", "Requests answered, by method, route and status.", [
      "method",
      "route",
      "status",
    ]),
    httpDuration: histogram("trunkline_http_request_seconds", "Time to answer, by method and route.", callSeconds, [
      "method",
      "route",
    ]),
    eventClients: gauge("trunkline_event_clients", "Clients that follow the event stream."),
  };
  for (const outcome of outcomes) instruments.moves.inc({ outcome }, 0);
  return instruments;
}

/** The union's members as values: the compiler refuses a record that leaves one out. */
function keysOf<T extends string>(members: Readonly<Record<T, true>>): readonly T[] {
  return Object.keys(members) as T[];
}
