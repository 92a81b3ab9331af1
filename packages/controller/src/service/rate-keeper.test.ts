import { describe, expect, it } from "vitest";
import { emptyFabric } from "@trunkline/fabric";
import type { Fabric, Link } from "@trunkline/fabric";
import { hostName, moveId, vmId } from "@trunkline/model";
import type { LinkTraffic } from "@trunkline/model";
import type { World } from "@trunkline/ports";
import type { LinkUser } from "../decide/judge-move.ts";
import { limits } from "../limits.ts";
import { RateKeeper } from "./rate-keeper.ts";

const MiBps = 8 * 1024 * 1024;
const capacityBps = 100 * MiBps;
const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const way: LinkTraffic = { link: "h1/up0--sw1/p-h1", from: "h1", to: "sw1", predictedBytes: 0, measuredBytes: null };
const user = (number: number, askedBps?: number): LinkUser => ({
  id: moveId(uuid(number)),
  vm: vmId(uuid(number)),
  source: hostName("h1"),
  links: [way],
  ...(askedBps === undefined ? {} : { askedBps }),
});
const fabricOf = (link: Partial<Link>): Fabric => ({
  ...emptyFabric,
  links: [{ a: { device: "h1", port: "up0" }, b: { device: "sw1", port: "p-h1" }, ...link }],
});

/** A world whose time goes by when it is told to, with a switch that counts what its link can carry of it. */
class Stage {
  readonly told: string[] = [];
  nowMs = 0;
  othersBps = 0;
  #carriedBytes = 0;
  readonly rates = new Map<string, number>();
  #wake: () => void = () => undefined;
  readonly keeper: RateKeeper;

  constructor() {
    const world = {
      clock: {
        nowMs: () => this.nowMs,
        deadline: () => new AbortController().signal,
        sleep: async () =>
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          }),
      },
      hypervisor: () => ({
        tune: async (vm: string, { maxRateBps = 0 }) => {
          this.rates.set(vm, maxRateBps);
          this.told.push(`${Number(vm.slice(-2))} to ${Math.round(maxRateBps / MiBps)}`);
          await Promise.resolve();
        },
        progress: async (vm: string) => {
          const sent = this.#sent.get(vm);
          return await Promise.resolve(sent === undefined ? undefined : { memorySentBytes: sent });
        },
      }),
      virtualSwitches: () => [
        {
          name: "h1",
          counters: async () => {
            const counted = { port: "up0", receivedBytes: 0, receivedFrames: 0, sentFrames: 0 };
            return await Promise.resolve([{ ...counted, sentBytes: this.#carriedBytes }]);
          },
        },
      ],
    } as unknown as World;
    this.keeper = new RateKeeper(world);
  }

  begin(move: LinkUser, fabric: Fabric): void {
    const bps = this.keeper.offerBps(move, fabric);
    if (bps !== undefined) this.rates.set(move.vm, bps);
    this.keeper.begin(move, bps);
  }

  /** Lets so many looks happen, with the moves sending all that they may. */
  async looks(count: number): Promise<void> {
    for (let look = 0; look < count; look += 1) {
      await settled();
      this.nowMs += limits.rateLookMs;
      const seconds = limits.rateLookMs / 1000;
      let offeredBytes = 0;
      for (const [vm, bps] of this.rates) {
        const sent = (this.#sent.get(vm) ?? 0) + (bps / 8) * seconds;
        this.#sent.set(vm, sent);
        offeredBytes += (bps / 8) * seconds * 1.05;
      }
      offeredBytes += (this.othersBps / 8) * seconds;
      this.#carriedBytes += Math.min(offeredBytes, (capacityBps / 8) * seconds);
      this.#wake();
    }
    await settled();
  }

  readonly #sent = new Map<string, number>();

  end(number: number): void {
    this.rates.delete(uuid(number));
    this.keeper.end(moveId(uuid(number)));
  }

  mib(number: number): number {
    return Math.round((this.rates.get(uuid(number)) ?? 0) / MiBps);
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

describe("rates of moves on a link with a budget", () => {
  const fabric = fabricOf({ moveBudget: { rateBps: 12 * MiBps } });

  it("are all of it for one, a part for each of two, and all of it again", async () => {
    const stage = new Stage();
    stage.begin(user(1), fabric);
    expect(stage.mib(1)).toBe(12);
    await stage.looks(1);
    stage.begin(user(2), fabric);
    expect(stage.mib(2)).toBe(6);
    await stage.looks(2);
    expect([stage.mib(1), stage.mib(2)]).toEqual([6, 6]);
    stage.end(2);
    await stage.looks(2);
    expect([stage.mib(1), stage.told]).toEqual([12, ["1 to 6", "1 to 12"]]);
    stage.keeper.close();
  });

  it("leave to others what one does not want", async () => {
    const stage = new Stage();
    stage.begin(user(1, 2 * MiBps), fabric);
    stage.begin(user(2), fabric);
    await stage.looks(2);
    expect([stage.mib(1), stage.mib(2)]).toEqual([2, 10]);
    stage.keeper.close();
  });
});

describe("rates of moves on a link whose capacity is known", () => {
  const fabric = fabricOf({ capacityBps });

  it("give way within two seconds of other traffic, and come back within four of its end", async () => {
    const stage = new Stage();
    stage.begin(user(1), fabric);
    expect(stage.mib(1)).toBe(92);
    await stage.looks(3);
    expect(stage.mib(1)).toBe(92);
    stage.othersBps = 60 * MiBps;
    await stage.looks(Math.floor(2000 / limits.rateLookMs));
    expect(stage.mib(1)).toBeLessThanOrEqual(38);
    expect(stage.mib(1)).toBeGreaterThanOrEqual(30);
    stage.othersBps = 0;
    await stage.looks(Math.floor(4000 / limits.rateLookMs));
    expect(stage.mib(1)).toBe(92);
    stage.keeper.close();
  });

  it("are none of its business where neither budget nor capacity is known", () => {
    const stage = new Stage();
    expect(stage.keeper.offerBps(user(1), fabricOf({}))).toBeUndefined();
    stage.keeper.close();
  });
});
