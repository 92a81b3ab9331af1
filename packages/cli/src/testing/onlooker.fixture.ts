/**
 * Looks on through libvirt alone, on connections of its own: how many migrations leave and enter each host at a time, and
 * which copies were ever started by one.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "@trunkline/lab";
import {
  connect,
  isRemoteError,
  jobOperation,
  jobType,
  lifecycleDetail,
  listDomainsFlags,
  numberParam,
  remoteErrorCode,
} from "@trunkline/libvirt";
import type { Connection, Dom } from "@trunkline/libvirt";
import { hostsOf, uriOf } from "./second-opinion.fixture.ts";

/** Often enough to see every job: none takes less than a second. */
const pauseMs = 150;
/** libvirt may be long in answering while QEMU makes its last pass. */
const answerMs = 2_000;

export interface Onlooker {
  /** Most migrations at a time, by "h1 in" and "h1 out". */
  readonly most: ReadonlyMap<string, number>;
  readonly looks: () => number;
  /** Copies that a migration started: "vm1 on h2". */
  readonly started: readonly string[];
  close(): Promise<void>;
}

type Way = "in" | "out";

export async function lookOn(lab: Lab): Promise<Onlooker> {
  const most = new Map<string, number>();
  const started: string[] = [];
  const over = new AbortController();
  let looks = 0;
  const watches = hostsOf(lab).map(async (host) => {
    const connection = await connect(uriOf(lab, host), {});
    connection.onEvent((event) => {
      if (event.kind !== "lifecycle") return;
      const copy = `${event.dom.name} on ${host}`;
      if (event.event === "started" && event.detail === lifecycleDetail.started.migrated) started.push(copy);
    });
    await connection.registerEvents(["lifecycle"]);
    const looking = (async () => {
      while (!over.signal.aborted) {
        const ways = await migrationsOf(connection);
        for (const way of ["in", "out"] as const) {
          const count = ways.filter((one) => one === way).length;
          most.set(`${host} ${way}`, Math.max(count, most.get(`${host} ${way}`) ?? 0));
        }
        looks += 1;
        await sleep(pauseMs);
      }
    })();
    return async () => {
      await looking;
      await connection.close();
    };
  });
  const closes = await Promise.all(watches);
  return {
    most,
    started,
    looks: () => looks,
    close: async () => {
      over.abort();
      await Promise.all(closes.map(async (close) => await close()));
    },
  };
}

async function migrationsOf(connection: Connection): Promise<readonly (Way | undefined)[]> {
  const question = { needResults: 1, flags: listDomainsFlags.active };
  const { domains } = await connection.call("connectListAllDomains", question);
  return await Promise.all(domains.map(async (dom) => await wayOf(connection, dom)));
}

async function wayOf(connection: Connection, dom: Dom): Promise<Way | undefined> {
  try {
    const { type, params } = await connection.call("domainGetJobStats", { dom, flags: 0 }, { timeoutMs: answerMs });
    const isLeaving = type !== jobType.none && numberParam(params, "operation") === jobOperation.migrationOut;
    return isLeaving ? "out" : undefined;
  } catch (error) {
    // "migration statistics are available only on the source host" (qemu_driver.c, qemuDomainGetJobStatsInternal): libvirt
    // 9.0 says so with code 84 for an incoming copy, and with no other.
    return isRemoteError(error, remoteErrorCode.operationUnsupported) ? "in" : undefined;
  }
}
