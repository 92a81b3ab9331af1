import { describe, expect, it } from "vitest";
import type { MoveRequest, Sighting } from "@trunkline/model";
import type { World } from "@trunkline/ports";
import type { MoveState } from "@trunkline/migration";
import { tidyDisks } from "./tidy-disks.ts";

const path = "/var/lib/libvirt/images/web1.raw";
const failure = { code: "host.failed", message: "it failed" };
const failed = (runsOn: "source" | "target" | "nowhere" | "unknown"): MoveState => ({
  phase: "failed",
  runsOn,
  failure,
  alarm: null,
});
const completed: MoveState = { phase: "completed", alarm: null, note: null };

async function tidied(state: MoveState, { copy = "full", sighting = { kind: "absent" } }: Stage = {}) {
  const removed: string[] = [];
  const world = {
    clock: { deadline: () => new AbortController().signal },
    hypervisor: (host: string) => ({
      sight: async () => await Promise.resolve(sighting),
      removeVolume: async (file: string) => {
        removed.push(`${host} ${file}`);
        await Promise.resolve();
      },
    }),
  } as unknown as World;
  const disks = [{ target: "vda", path, capacityBytes: 2, allocatedBytes: 1 }];
  const request = { vm: "1", vmName: "web1", source: "h1", target: "h2", copyStorage: copy, plan: { disks } };
  const evidence = await tidyDisks(world, request as unknown as MoveRequest, state);
  return { removed, severities: evidence.map(({ severity }) => severity), fixes: evidence.map(({ fix }) => fix) };
}

interface Stage {
  readonly copy?: "full" | "incremental";
  readonly sighting?: Sighting;
}

describe("the disks that travelled with a move", () => {
  it("are removed from the target when the VM stayed", async () => {
    for (const state of [{ phase: "cancelled" } as const, failed("source")])
      expect(await tidied(state)).toEqual({ removed: [`h2 ${path}`], severities: ["pass"], fixes: [undefined] });
  });

  it("are left on both hosts when it moved, and the report says how to remove the old one", async () => {
    const fix = `once you are sure, on h1: virsh vol-delete ${path}`;
    expect(await tidied(completed)).toEqual({ removed: [], severities: ["pass"], fixes: [fix] });
  });

  it("are left alone wherever anybody may still need them", async () => {
    for (const state of [failed("target"), failed("nowhere"), failed("unknown")])
      expect((await tidied(state)).removed).toEqual([]);
    expect((await tidied({ phase: "cancelled" }, { copy: "incremental" })).removed).toEqual([]);
    const present = { kind: "present", power: "paused", reason: "migration", job: "none" } as const;
    for (const sighting of [present, { kind: "unreachable", why: "silent" } as const]) {
      const { removed, severities, fixes } = await tidied({ phase: "cancelled" }, { sighting });
      expect([removed, severities]).toEqual([[], ["warn"]]);
      expect(fixes[0]).toContain("vol-delete");
    }
  });
});
