/**
 * The HTTP interface at the size of a large cluster: 20,000 VMs listed from one snapshot, and 500 clients that follow the
 * events while their connections are cut at random. The server is the real one on a real store, over loopback sockets,
 * in a process of its own; all clients live in the other one, so the figures hold the clients' share of the machine.
 *
 * The bars. A page that a person waits for should be there before they notice (100 ms, Miller 1968); half of it is left
 * to the browser, so a filtered page has 50 ms at its 99th percentile. A page is sent whole before the next request is
 * served, so this also bounds how long one list holds up a move's turn. A walk over all VMs, as a script makes it, has
 * 2 s, the time of one observation: what it reads is then from one or two snapshots. Events have 1 s at the 99th
 * percentile with 500 clients on two cores, an order below the 2 s in which a change has to show; none may be lost or
 * come twice, whatever happens to the connections. The memory of the server stays below 512 MiB.
 */
import { atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { quantile } from "../paired.ts";
import { tableOf } from "../table.ts";
import { followAll } from "./followers.ts";
import { fullLoad, quickLoad } from "./load.ts";
import { listPages } from "./pages.ts";
import { withService } from "./service.ts";

export const description = "the HTTP interface: pages of 20,000 VMs, 500 clients of the event stream cut at random";

export async function run({ quick, log, signal }: BenchOptions): Promise<BenchResult> {
  const load = quick ? quickLoad : fullLoad;
  return await withService(load, signal, async (service) => {
    log(`${load.vms} VMs: ${load.pages} filtered pages, ${load.walks} walks`);
    const lists = await listPages(service, load, signal);
    log(`${load.clients} clients follow ${load.events} events at ${load.eventsPerS} a second`);
    const events = await followAll(service, load, signal);
    const serverMiB = (await service.usage()).bytes / 1024 / 1024;
    const figures = {
      ...load,
      filteredPageMs: percentiles(lists.pageMs),
      filteredPageCpuMs: lists.pageCpuMs,
      walkMs: percentiles(lists.walkMs),
      deliveryMs: percentiles(events.latencyMs),
      reconnects: events.reconnects,
      delivered: events.delivered,
      thousandDeliveriesCpuMs: events.thousandCpuMs,
      lost: events.lost,
      doubled: events.doubled,
      serverMiB,
    };
    return {
      figures,
      bars: [
        atMost(`a filtered page of ${load.vms} VMs, p99`, figures.filteredPageMs.p99, "ms", 50),
        atMost("a walk over all of them, p50", figures.walkMs.p50, "ms", 2_000),
        atMost("events lost", events.lost, "", 0),
        atMost("events that came twice", events.doubled, "", 0),
        atMost("from the request to publish to the client, p99", figures.deliveryMs.p99, "ms", 1_000),
        atMost("memory of the server in the end", serverMiB, "MiB", 512),
      ],
      table: tableOf([
        ["", "p50", "p99", "max"],
        [`filtered page of ${load.pageItems}, ms`, ...row(figures.filteredPageMs)],
        [`walk over ${load.vms} VMs, ms`, ...row(figures.walkMs)],
        [`event to each of ${load.clients} clients, ms`, ...row(figures.deliveryMs)],
        ["the server's own CPU: a filtered page, ms", lists.pageCpuMs.toFixed(1)],
        ["the server's own CPU: 1,000 deliveries, ms", events.thousandCpuMs.toFixed(1)],
        ["connections cut and resumed", String(events.reconnects)],
        ["events delivered", String(events.delivered)],
        ["events lost, doubled", `${events.lost}, ${events.doubled}`],
        ["memory of the server, MiB", serverMiB.toFixed(0)],
      ]),
    };
  });
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const percentiles = (values: readonly number[]): Percentiles => ({
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
  max: quantile(values, 1),
});

const row = ({ p50, p99, max }: Percentiles): readonly string[] => [p50, p99, max].map((value) => value.toFixed(1));
