/** Small clusters around one switch, and moves in them: what the tests of admission and evacuation are told in. */
import { hostName, moveId, vmId } from "@trunkline/model";
import type { Automation, HostName, Inventory, InventoryHost, InventoryLink, MoveOrigin, VmId } from "@trunkline/model";
import type { MoveInFlight, MoveWaiting } from "./admit.ts";

export const unpaused: Automation = { paused: false };
export const paused: Automation = { paused: true, since: "2026-11-22T10:00:00.000Z", by: "ada", reason: "audit" };

/** `h1/up0--sw1/p-h1` and so on; `budgets` by host or by link id. */
export function star(
  hosts: readonly string[],
  budgets: {
    readonly hosts?: Readonly<Record<string, InventoryHost["moveBudget"]>>;
    readonly links?: Readonly<Record<string, InventoryLink["moveBudget"]>>;
  } = {},
): Inventory {
  return {
    hosts: hosts.map((name) => {
      const moveBudget = budgets.hosts?.[name];
      return {
        name: hostName(name),
        uri: `qemu+tcp://${name}/system`,
        ...(moveBudget === undefined ? {} : { moveBudget }),
      };
    }),
    switches: [{ name: "sw1", bridge: "br0", ovsdb: "unix:/sw1.sock" }],
    links: hosts.map((name) => {
      const moveBudget = budgets.links?.[name];
      return {
        a: { device: name, port: "up0" },
        b: { device: "sw1", port: `p-${name}` },
        ...(moveBudget === undefined ? {} : { moveBudget }),
      };
    }),
    probes: [],
    services: [],
  };
}

export const vmNumber = (number: number): VmId => vmId(number.toString(16).padStart(32, "0"));

type Change = {
  readonly priority?: number;
  readonly origin?: MoveOrigin;
  readonly askedAt?: string;
  readonly maxRateBps?: number;
};

/** `waits("m3", "vm1 h1 h2")`: equals are asked for in the order of the number in their id. */
export function waits(id: string, way: string, change: Change = {}): MoveWaiting {
  const second = Number(id.replaceAll(/\D/g, "") || "0");
  return {
    request: {
      ...flies(id, way, change.maxRateBps),
      asked: { origin: change.origin ?? "operator", priority: change.priority ?? 0 },
    },
    askedAt: change.askedAt ?? new Date(1_800_000_000_000 + second * 1000).toISOString(),
  };
}

export function flies(id: string, way: string, maxRateBps?: number): MoveInFlight {
  const [vmName = "", source = "", target = ""] = way.split(" ");
  return {
    id: moveId(id),
    vm: vmNumber(Number(vmName.replaceAll(/\D/g, "") || "0")),
    vmName,
    source: hostName(source),
    target: hostName(target),
    ...(maxRateBps === undefined ? {} : { maxRateBps }),
  };
}

export const hostNames = (count: number): readonly HostName[] =>
  Array.from({ length: count }, (_, index) => hostName(`h${index + 1}`));
