import { describe, expect, it } from "vitest";
import { TrunklineError, hostName, vmId } from "@trunkline/model";
import type { DirtySample } from "@trunkline/model";
import type { World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import { DirtWatch } from "./dirt-watch.ts";

const host = hostName("h1");
const vm = vmId("00000000-0000-4000-8000-000000000001");
const never = new AbortController().signal;

/** A host whose answers are given, on a clock that stands still until it is set. */
function watchOf(answers: readonly (DirtySample | undefined | Error)[]) {
  const clock = { nowMs: 0 };
  let asked = 0;
  const world = {
    clock: { nowMs: () => clock.nowMs, deadline: () => never },
    hypervisor: () => ({
      measureDirt: async () => {
        const answer = answers[asked];
        asked += 1;
        if (answer instanceof Error) throw answer;
        return await Promise.resolve(answer);
      },
    }),
  } as unknown as World;
  return { watch: new DirtWatch(world), clock, asked: () => asked };
}

const sample = { overMs: 1_000, bytes: 8_000 };

describe("what a guest dirties", () => {
  it("is kept while it is fresh, and then forgotten", async () => {
    const { watch, clock } = watchOf([sample]);
    expect(await watch.measure(host, vm, 1_000, never)).toEqual([sample]);
    clock.nowMs = limits.dirtFreshMs;
    expect(watch.samplesOf(vm)).toEqual([sample]);
    clock.nowMs += 1;
    expect(watch.samplesOf(vm)).toEqual([]);
  });

  it("is looked at anew once it has moved", async () => {
    const { watch } = watchOf([sample]);
    await watch.measure(host, vm, 1_000, never);
    watch.forget(vm);
    expect(watch.samplesOf(vm)).toEqual([]);
  });

  it("is measured once for two who ask at a time", async () => {
    const { watch, asked } = watchOf([sample, sample]);
    const both = await Promise.all([watch.measure(host, vm, 1_000, never), watch.measure(host, vm, 1_000, never)]);
    expect([both, asked()]).toEqual([[[sample], [sample]], 1]);
  });

  it("joins what was measured over different times, the newest first", async () => {
    const long = { overMs: 8_000, bytes: 20_000 };
    const { watch } = watchOf([sample, long]);
    await watch.measure(host, vm, 1_000, never);
    expect(await watch.measure(host, vm, 8_000, never)).toEqual([long, sample]);
  });

  it("is unknown where the host cannot tell or does not answer; nobody fails for it", async () => {
    const { watch } = watchOf([undefined, new TrunklineError("host.unreachable", "h1 is silent")]);
    expect(await watch.measure(host, vm, 1_000, never)).toEqual([]);
    expect(await watch.measure(host, vm, 1_000, never)).toEqual([]);
  });
});
