/**
 * The process of the server. Arguments: hosts and VMs. Each event carries the moment at which it was handed to the
 * store, so that whoever gets it knows how long it took; both processes read one clock of one machine.
 */
import {
  ServiceMetrics,
  buildServer,
  createAdminToken,
  createLogger,
  listen,
  openStore,
  systemClock,
} from "@trunkline/controller";
import { moveId } from "@trunkline/model";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { standingPlane } from "./standing-plane.ts";

export type ServerOrder =
  | { readonly kind: "publish"; readonly events: number; readonly perSecond: number }
  | { readonly kind: "usage" };

export type ServerMessage =
  | { readonly kind: "listening"; readonly url: string; readonly token: string }
  | { readonly kind: "published" }
  | { readonly kind: "usage"; readonly bytes: number; readonly cpuMs: number };

const [hosts, vms] = process.argv.slice(2).map(Number);
const clock = systemClock;
const random = { uuid: () => randomUUID(), next: () => Math.random() };
const store = await openStore({ path: ":memory:", clock });
const metrics = new ServiceMetrics({ version: "0", ofProcess: false });
const app = await buildServer({
  plane: standingPlane(hosts ?? 0, vms ?? 0),
  store,
  clock,
  random,
  logger: createLogger({ clock, level: "warn" }),
  limits: {
    bodyBytes: 65_536,
    requestsPerMinute: 1_000_000,
    loginsPerMinute: 1,
    connections: 2_048,
    eventClients: 1_024,
    loginHours: 1,
    answersHours: 1,
  },
  metrics,
  readiness: () => ({ isReady: true, why: "" }),
});
const { secret } = await createAdminToken(store.accounts, "bench", clock, random);
const url = await listen(app, { host: "127.0.0.1", port: 0 });

process.on("message", (order: ServerOrder) => {
  void carryOut(order);
});
// Without its parent it has nobody to serve.
process.on("disconnect", () => process.exit(0));
tell({ kind: "listening", url, token: secret });

async function carryOut(order: ServerOrder): Promise<void> {
  if (order.kind === "usage") {
    const { user, system } = process.cpuUsage();
    tell({ kind: "usage", bytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1_000 });
  } else {
    await publish(order.events, order.perSecond);
    tell({ kind: "published" });
  }
}

async function publish(events: number, perSecond: number): Promise<void> {
  const startedMs = performance.now();
  for (let index = 0; index < events; index += 1) {
    const dueMs = startedMs + (index * 1_000) / perSecond - performance.now();
    if (dueMs > 0) await delay(dueMs);
    const text = String(performance.timeOrigin + performance.now());
    await store.events.append({ kind: "move-remark", move: moveId("bench"), vmName: "bench", text });
  }
}

function tell(message: ServerMessage): void {
  process.send?.(message);
}
