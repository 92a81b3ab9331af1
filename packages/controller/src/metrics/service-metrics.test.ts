import { describe, expect, it } from "vitest";
import { hostName, moveId, vmId } from "@trunkline/model";
import type { MoveReport, Snapshot, VmObservation } from "@trunkline/model";
import { limits } from "../limits.ts";
import { readExposition } from "./exposition.fixture.ts";
import { ServiceMetrics } from "./service-metrics.ts";

const newMetrics = (): ServiceMetrics => new ServiceMetrics({ version: "0.1.0", ofProcess: false });

async function valueOf(
  metrics: ServiceMetrics,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const samples = readExposition(await metrics.text()).flatMap((family) => family.samples);
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  if (found.length > 1) throw new Error(`${found.length} samples of ${name}`);
  return found[0]?.value;
}

const report: MoveReport = {
  moveId: moveId("2a4831a6-3ad6-407c-9757-5d7b4df44b6c"),
  vm: "vm1",
  source: hostName("h1"),
  target: hostName("h2"),
  outcome: "completed",
  runsOn: hostName("h2"),
  checks: [],
  predicted: { totalMs: 2_000, downtimeMs: 50, bytes: 300, rounds: 2, converges: true, basis: "a guess" },
  measured: {
    moveMs: 5_500,
    totalMs: 4_000,
    downtimeMs: 100,
    bytesSent: 200,
    clientGapMs: 640,
    switchLearnedMs: 20,
    phases: {},
  },
  evidence: [],
  failure: null,
};

function vm(id: number, host: string, about: Partial<VmObservation> = {}): VmObservation {
  return {
    id: vmId(`00000000-0000-4000-8000-00000000000${id}`),
    name: `vm${id}`,
    host: hostName(host),
    power: "running",
    reason: "booted",
    memoryMiB: 256,
    macs: [],
    persistent: true,
    vcpus: 1,
    cpuUsedRatio: null,
    memoryInUseMiB: null,
    rxBps: null,
    txBps: null,
    observedAt: "2026-01-02T03:04:05.500Z",
    isLastSeen: false,
    ...about,
  };
}

function snapshotOf(vms: readonly VmObservation[], reachable: boolean): Snapshot {
  const host = { uri: "qemu:///system", observedAt: null, figures: null, maintenance: "no" } as const;
  return {
    version: 1,
    sequence: 1,
    takenAt: "2026-01-02T03:04:05.500Z",
    hosts: [
      { ...host, name: hostName("h1"), reach: { kind: "up" } },
      {
        ...host,
        name: hostName("h2"),
        maintenance: "entering",
        reach: reachable ? { kind: "up" } : { kind: "unreachable", since: "2026-01-02T03:00:00Z", why: "silent" },
      },
    ],
    vms,
    inventory: { hosts: [], switches: [], links: [], probes: [], services: [] },
    automation: { paused: true, since: "2026-01-02T03:00:00Z", by: "ann", reason: "storm" },
  };
}

/** Calls every hook once, so that every metric has a sample. */
function feedAll(metrics: ServiceMetrics): void {
  metrics.moveReported(report);
  metrics.snapshotTaken(snapshotOf([vm(1, "h1")], true));
  metrics.queueChanged({ waiting: 3, underWay: 2 });
  metrics.collectorRead({ questions: 9, failures: 1, cycleMs: 400, hosts: [] });
  metrics.journalAppended(0.003);
  metrics.journalFailed();
  metrics.observeRpc("connect-get-all-domain-stats", 0.02, true);
  metrics.requestAnswered({ method: "GET", route: "/api/v1/vms/:id", status: 200, seconds: 0.01 });
  metrics.eventClientsChanged(4);
}

describe("the page of metrics", () => {
  it("has help, type and unit for every metric, each by the conventions", async () => {
    const metrics = newMetrics();
    feedAll(metrics);
    const families = readExposition(await metrics.text());
    expect(families.length).toBeGreaterThan(20);
    const counts = new Set([
      "moves_waiting",
      "moves_under_way",
      "hosts",
      "hosts_by_maintenance",
      "vms",
      "vms_last_seen",
    ]);
    const switches = new Set(["automation_paused", "event_clients"]);
    const problems = families.flatMap(({ name, help, type, samples }) => {
      const bare = name.replace("trunkline_", "");
      const hasUnit = /_(seconds|bytes|ratio|info)$/.test(name) || counts.has(bare) || switches.has(bare);
      return [
        ...(name.startsWith("trunkline_") ? [] : [`${name}: foreign`]),
        ...(/^[A-Z].*[.]$|^1 while .*[.]$/.test(help) ? [] : [`${name}: no sentence: ${help}`]),
        ...((type === "counter") === name.endsWith("_total") ? [] : [`${name}: only counters are totals`]),
        ...(type === "counter" || hasUnit ? [] : [`${name}: no unit`]),
        ...(samples.length > 0 ? [] : [`${name}: nothing feeds it`]),
      ];
    });
    expect(problems).toEqual([]);
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
  });

  it("names no VM, host or address in a label", async () => {
    const metrics = newMetrics();
    feedAll(metrics);
    const families = readExposition(await metrics.text());
    const labels = families.flatMap(({ samples }) => samples.flatMap((sample) => Object.entries(sample.labels)));
    expect(new Set(labels.map(([key]) => key))).toEqual(
      new Set([
        "version",
        "node",
        "outcome",
        "le",
        "figure",
        "reach",
        "state",
        "power",
        "procedure",
        "method",
        "route",
        "status",
      ]),
    );
    expect(labels.filter(([, value]) => /^(vm1|h1|h2)$/.test(value))).toEqual([]);
  });

  it("is each service's own", async () => {
    const [one, other] = [newMetrics(), newMetrics()];
    one.moveReported(report);
    expect(await valueOf(one, "trunkline_moves_total", { outcome: "completed" })).toBe(1);
    expect(await valueOf(other, "trunkline_moves_total", { outcome: "completed" })).toBe(0);
  });

  it("has the process's figures where they are wanted", async () => {
    const metrics = new ServiceMetrics({ version: "0.1.0", ofProcess: true });
    expect(await valueOf(metrics, "process_resident_memory_bytes")).toBeGreaterThan(0);
    expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });
});

describe("a move's report", () => {
  it("is measured in seconds and bytes, and its prediction against what came", async () => {
    const metrics = newMetrics();
    metrics.moveReported(report);
    const sum = async (name: string, labels = {}): Promise<number | undefined> =>
      await valueOf(metrics, `trunkline_move_${name}_sum`, labels);
    expect(await sum("duration_seconds")).toBe(5.5);
    expect(await sum("downtime_seconds")).toBe(0.1);
    expect(await sum("client_silence_seconds")).toBe(0.64);
    expect(await sum("switch_learned_seconds")).toBe(0.02);
    expect(await sum("transferred_bytes")).toBe(200);
    expect(await sum("prediction_ratio", { figure: "total" })).toBe(0.5);
    expect(await sum("prediction_ratio", { figure: "downtime" })).toBe(0.5);
    expect(await sum("prediction_ratio", { figure: "bytes" })).toBe(1.5);
  });

  it("adds nothing for what was not measured", async () => {
    const metrics = newMetrics();
    metrics.moveReported({ ...report, outcome: "refused", measured: null });
    metrics.moveReported({ ...report, outcome: "failed", measured: { moveMs: 900, totalMs: 0, phases: {} } });
    expect(await valueOf(metrics, "trunkline_moves_total", { outcome: "refused" })).toBe(1);
    expect(await valueOf(metrics, "trunkline_move_duration_seconds_count", { outcome: "failed" })).toBe(1);
    expect(await valueOf(metrics, "trunkline_move_downtime_seconds_count")).toBe(0);
    expect(await valueOf(metrics, "trunkline_move_transferred_bytes_count")).toBe(0);
    expect(await valueOf(metrics, "trunkline_move_prediction_ratio_count", { figure: "total" })).toBeUndefined();
  });
});

describe("a snapshot", () => {
  it("counts a VM on its way once, and its running copy", async () => {
    const metrics = newMetrics();
    metrics.snapshotTaken(snapshotOf([vm(1, "h1", { power: "paused" }), vm(1, "h2"), vm(2, "h1")], true));
    expect(await valueOf(metrics, "trunkline_vms", { power: "running" })).toBe(2);
    expect(await valueOf(metrics, "trunkline_vms", { power: "paused" })).toBe(0);
    expect(await valueOf(metrics, "trunkline_snapshot_timestamp_seconds")).toBe(1_767_323_045.5);
  });

  it("takes what a host says now before what a silent one said last", async () => {
    const metrics = newMetrics();
    metrics.snapshotTaken(snapshotOf([vm(1, "h2", { isLastSeen: true }), vm(1, "h1", { power: "paused" })], false));
    expect(await valueOf(metrics, "trunkline_vms", { power: "paused" })).toBe(1);
    expect(await valueOf(metrics, "trunkline_vms", { power: "running" })).toBe(0);
    expect(await valueOf(metrics, "trunkline_vms_last_seen")).toBe(0);
  });

  it("takes back what is no longer so", async () => {
    const metrics = newMetrics();
    metrics.snapshotTaken(snapshotOf([vm(1, "h2", { isLastSeen: true })], false));
    expect(await valueOf(metrics, "trunkline_hosts", { reach: "unreachable" })).toBe(1);
    expect(await valueOf(metrics, "trunkline_vms_last_seen")).toBe(1);
    metrics.snapshotTaken(snapshotOf([], true));
    expect(await valueOf(metrics, "trunkline_hosts", { reach: "unreachable" })).toBe(0);
    expect(await valueOf(metrics, "trunkline_hosts", { reach: "up" })).toBe(2);
    expect(await valueOf(metrics, "trunkline_vms_last_seen")).toBe(0);
    expect(await valueOf(metrics, "trunkline_vms", { power: "running" })).toBe(0);
    expect(await valueOf(metrics, "trunkline_automation_paused")).toBe(1);
  });
});

describe("the collector", () => {
  it("lags as far as the host that was read longest ago; silent hosts are counted elsewhere", async () => {
    const metrics = newMetrics();
    const host = { host: hostName("h1"), questionMs: 5_000 };
    metrics.collectorRead({ questions: 0, failures: 0, cycleMs: null, hosts: [{ ...host, isUp: true, lagMs: null }] });
    expect(await valueOf(metrics, "trunkline_collector_lag_seconds")).toBe(0);
    metrics.collectorRead({ questions: 5, failures: 1, cycleMs: 700, hosts: [] });
    metrics.collectorRead({
      questions: 12,
      failures: 3,
      cycleMs: 400,
      hosts: [
        { ...host, isUp: true, lagMs: 1_500 },
        { ...host, isUp: true, lagMs: 200 },
        { ...host, isUp: false, lagMs: 90_000 },
      ],
    });
    expect(await valueOf(metrics, "trunkline_collector_lag_seconds")).toBe(1.5);
    expect(await valueOf(metrics, "trunkline_collector_cycle_seconds")).toBe(0.4);
    expect(await valueOf(metrics, "trunkline_collector_readings_total")).toBe(12);
    expect(await valueOf(metrics, "trunkline_collector_failures_total")).toBe(3);
  });
});

describe("labels that come from elsewhere", () => {
  it("are bounded in number and length; those known already keep their place", async () => {
    const metrics = newMetrics();
    for (let index = 0; index < limits.rpcProcedureLabels * 2; index += 1) metrics.observeRpc(`p${index}`, 0.1);
    metrics.observeRpc("p0", 0.1);
    metrics.observeRpc("x".repeat(limits.metricLabelLength + 1), 0.1);
    expect(await valueOf(metrics, "trunkline_rpc_seconds_count", { procedure: "other" })).toBe(
      limits.rpcProcedureLabels + 1,
    );
    expect(await valueOf(metrics, "trunkline_rpc_seconds_count", { procedure: "p0" })).toBe(2);
  });

  it("of requests are templates, methods and statuses that exist", async () => {
    const metrics = newMetrics();
    for (let index = 0; index < limits.httpRouteLabels * 2; index += 1)
      metrics.requestAnswered({ method: `M${index}`, route: `/r${index}`, status: 200, seconds: 0 });
    metrics.requestAnswered({ method: "GET", route: undefined, status: 99_999, seconds: 0 });
    expect(await valueOf(metrics, "trunkline_http_requests_total", { route: "none" })).toBe(1);
    expect(await valueOf(metrics, "trunkline_http_requests_total", { status: "other" })).toBe(1);
    expect(await valueOf(metrics, "trunkline_http_requests_total", { method: "other", route: "other" })).toBe(
      limits.httpRouteLabels,
    );
  });
});
