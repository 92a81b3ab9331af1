/**
 * What the service counts and measures, for Prometheus. One registry per service, none for the whole process: two
 * services in one process do not add up into one.
 *
 * Labels are bounded: outcomes, states, figures, procedures and routes, never a VM, a host or an address. What is not
 * known beforehand (procedures, routes) becomes "other" beyond a bound. Names follow
 * https://prometheus.io/docs/practices/naming/: base units, and the unit last.
 */
import { Registry, collectDefaultMetrics } from "prom-client";
import type { MoveReport, Snapshot } from "@trunkline/model";
import { limits } from "../limits.ts";
import type { CollectorStats } from "../observe/collector.ts";
import { defineInstruments, httpMethods } from "./instruments.ts";
import type { Instruments } from "./instruments.ts";
import { measureMove } from "./measure-move.ts";
import { measureSnapshot } from "./measure-snapshot.ts";

export interface MetricsOptions {
  readonly version: string;
  /** CPU, memory and event loop of this process as well; once per process. */
  readonly ofProcess: boolean;
}

export interface AnsweredRequest {
  readonly method: string;
  /** The route's template, such as `/api/v1/vms/:id`; undefined where none matched. */
  readonly route: string | undefined;
  readonly status: number;
  readonly seconds: number;
}

export class ServiceMetrics {
  readonly contentType: string;
  readonly #register = new Registry();
  readonly #instruments: Instruments;
  readonly #procedures = new Set<string>();
  readonly #routes = new Set<string>();

  constructor(options: MetricsOptions) {
    this.#instruments = defineInstruments(this.#register);
    this.#instruments.buildInfo.set({ version: options.version, node: process.versions.node }, 1);
    if (options.ofProcess) collectDefaultMetrics({ register: this.#register });
    this.contentType = this.#register.contentType;
  }

  /** The page that is scraped. */
  async text(): Promise<string> {
    return await this.#register.metrics();
  }

  /** Once for every move whose report is complete; not for previews. */
  moveReported(report: MoveReport): void {
    measureMove(this.#instruments, report);
  }

  snapshotTaken(snapshot: Snapshot): void {
    measureSnapshot(this.#instruments, snapshot);
  }

  queueChanged(queue: { readonly waiting: number; readonly underWay: number }): void {
    this.#instruments.movesWaiting.set(queue.waiting);
    this.#instruments.movesUnderWay.set(queue.underWay);
  }

  /** As the collector stands now; asked before every scrape. */
  collectorRead(stats: CollectorStats): void {
    const { collectorCycle, collectorLag, collectorReadings, collectorFailures } = this.#instruments;
    if (stats.cycleMs !== null) collectorCycle.set(stats.cycleMs / msPerSecond);
    const lags = stats.hosts.flatMap(({ isUp, lagMs }) => (isUp && lagMs !== null ? [lagMs] : []));
    collectorLag.set(lags.reduce((oldest, lagMs) => Math.max(oldest, lagMs), 0) / msPerSecond);
    // The collector counts since its own start, and so do counters of Prometheus.
    collectorReadings.reset();
    collectorReadings.inc(stats.questions);
    collectorFailures.reset();
    collectorFailures.inc(stats.failures);
  }

  journalAppended(seconds: number): void {
    this.#instruments.journalAppend.observe(seconds);
  }

  journalFailed(): void {
    this.#instruments.journalFailures.inc();
  }

  /** A question to a host's libvirt, by the procedure's name. */
  observeRpc(procedure: string, seconds: number, isFailed = false): void {
    const label = bounded(this.#procedures, procedure, limits.rpcProcedureLabels);
    this.#instruments.rpc.observe({ procedure: label }, seconds);
    if (isFailed) this.#instruments.rpcFailures.inc({ procedure: label });
  }

  requestAnswered(request: AnsweredRequest): void {
    const route = request.route === undefined ? "none" : bounded(this.#routes, request.route, limits.httpRouteLabels);
    const method = httpMethods.has(request.method) ? request.method : "other";
    const isStatus = Number.isInteger(request.status) && request.status >= 100 && request.status <= 599;
    this.#instruments.httpRequests.inc({ method, route, status: isStatus ? String(request.status) : "other" });
    this.#instruments.httpDuration.observe({ method, route }, request.seconds);
  }

  eventClientsChanged(clients: number): void {
    this.#instruments.eventClients.set(clients);
  }
}

const msPerSecond = 1_000;

/** The value while there is room for another one, else "other": a caller's mistake must not fill the memory of Prometheus. */
function bounded(seen: Set<string>, value: string, most: number): string {
  if (seen.has(value)) return value;
  if (seen.size >= most || value.length > limits.metricLabelLength) return "other";
  seen.add(value);
  return value;
}
