import type { LinkTraffic } from "@trunkline/model";
import type { PortCounters, VirtualSwitch, World } from "@trunkline/ports";
import { expect, it } from "vitest";
import { startMeter } from "./link-meter.ts";

const never = new AbortController().signal;
const link: LinkTraffic = {
  link: "h1/up0--sw1/p1",
  from: "h1",
  to: "sw1",
  predictedBytes: 1_000,
  measuredBytes: null,
};

/** A switch that tells one reading after the other; undefined: it does not answer. */
function device(name: string, port: string, readings: readonly (Partial<PortCounters> | undefined)[]): VirtualSwitch {
  const left = [...readings];
  return {
    name,
    counters: async () => {
      const next = left.shift();
      if (next === undefined) throw new Error("it does not answer");
      return [{ port, receivedBytes: 0, receivedFrames: 0, sentBytes: 0, sentFrames: 0, ...next }];
    },
  } as unknown as VirtualSwitch;
}

const measured = async (...devices: readonly VirtualSwitch[]): Promise<number | null | undefined> => {
  const world = { virtualSwitches: () => devices } as unknown as World;
  const [traffic] = await (await startMeter(world, [link], never))(never);
  return traffic?.measuredBytes;
};

it("is what the sending end counted between the two readings", async () => {
  expect(await measured(device("h1", "up0", [{ sentBytes: 100 }, { sentBytes: 1_350 }]))).toBe(1_250);
});

it("is what the receiving end counted where the sending one is silent", async () => {
  const silent = device("h1", "up0", [undefined, undefined]);
  expect(await measured(silent, device("sw1", "p1", [{ receivedBytes: 5 }, { receivedBytes: 905 }]))).toBe(900);
});

it("is not known, never zero, where nobody answers or the counters began anew", async () => {
  expect(await measured(device("h1", "up0", [undefined, undefined]))).toBeNull();
  expect(await measured(device("h1", "up0", [{ sentBytes: 500 }, { sentBytes: 20 }]))).toBeNull();
  expect(await measured(device("h1", "another", [{ sentBytes: 1 }, { sentBytes: 2 }]))).toBeNull();
});
