import { expect, test } from "vitest";
import type { HsrpState } from "@trunkline/packets";
import { dueMs, initialGroup, step } from "./state-machine.ts";
import type { Effect, Event, Group, GroupSettings, Heard } from "./state-machine.ts";

const settings = { priority: 100, preempts: false, ownAddress: "10.0.0.2", helloTimeS: 1, holdTimeS: 3 };

/** Routers on one wire in virtual time; `isCut` separates the first from the others. */
class Wire {
  readonly #routers: { readonly settings: GroupSettings; group: Group; isOn: boolean }[];
  nowMs = 0;
  isCut = false;
  readonly sent: string[] = [];

  constructor(...routers: readonly Partial<GroupSettings>[]) {
    this.#routers = routers.map((own, index) => ({
      settings: { ...settings, ownAddress: `10.0.0.${index + 2}`, ...own },
      group: initialGroup,
      isOn: true,
    }));
    for (const index of routers.keys()) this.#handle(index, { kind: "start" });
  }

  get states(): readonly HsrpState[] {
    return this.#routers.map(({ group }) => group.state);
  }

  stop(index: number): void {
    this.#handle(index, { kind: "stop" });
  }

  crash(index: number): void {
    const router = this.#routers[index];
    if (router === undefined) return;
    router.isOn = false;
    router.group = initialGroup;
  }

  runUntil(endMs: number): void {
    for (;;) {
      const dues = this.#routers.map(
        ({ group, isOn }) => (isOn ? dueMs(group) : undefined) ?? Number.POSITIVE_INFINITY,
      );
      const due = Math.min(...dues);
      if (due > endMs) break;
      this.nowMs = Math.max(this.nowMs, due);
      this.#handle(dues.indexOf(due), { kind: "time" });
    }
    this.nowMs = endMs;
  }

  #handle(index: number, event: Event): void {
    const router = this.#routers[index];
    if (router === undefined || !router.isOn) return;
    const before = router.group.state;
    const { group, effects } = step(router.settings, router.group, event, this.nowMs);
    router.group = group;
    for (const effect of effects) this.#deliver(index, effect, router.settings, group, before);
  }

  #deliver(
    from: number,
    effect: Effect,
    { priority, ownAddress, holdTimeS }: GroupSettings,
    group: Group,
    before: HsrpState,
  ) {
    if (effect.kind !== "send") return;
    const state = effect.message === "resign" ? before : group.state;
    this.sent.push(`${this.nowMs} ${ownAddress} ${effect.message} ${state}`);
    const heard: Heard = { message: effect.message, state, priority, sender: ownAddress, holdTimeS };
    for (const other of this.#routers.keys()) {
      const isReached = !this.isCut || (other === 0) === (from === 0);
      if (other !== from && isReached) this.#handle(other, { kind: "heard", heard });
    }
  }
}

test("two routers that start together: the higher priority is active after two hold times, the other is standby", () => {
  const wire = new Wire({ priority: 110 }, { priority: 100 });
  wire.runUntil(2999);
  expect(wire.states).toEqual(["listen", "listen"]);
  wire.runUntil(3000);
  expect(wire.states).toContain("speak");
  wire.runUntil(6000);
  expect(wire.states[0]).toBe("active");
  wire.runUntil(15_000);
  expect(wire.states).toEqual(["active", "standby"]);
});

test("equal priorities: the higher address is active", () => {
  const wire = new Wire({ ownAddress: "10.0.0.9" }, { ownAddress: "10.0.0.10" });
  wire.runUntil(20_000);
  expect(wire.states).toEqual(["standby", "active"]);
});

test("of three routers one is active, one standby, and the third listens in silence", () => {
  const wire = new Wire({ priority: 90 }, { priority: 110 }, { priority: 100 });
  wire.runUntil(30_000);
  expect(wire.states).toEqual(["listen", "active", "standby"]);
  const late = wire.sent.filter((line) => Number(line.split(" ")[0]) > 20_000);
  expect(late.filter((line) => line.includes("10.0.0.2"))).toEqual([]);
});

test("the standby takes over when the active has been silent for the hold time, and at once when it resigns", () => {
  const crashed = new Wire({ priority: 110 }, {});
  crashed.runUntil(20_000);
  crashed.crash(0);
  crashed.runUntil(21_900);
  expect(crashed.states[1]).toBe("standby");
  crashed.runUntil(23_000);
  expect(crashed.states[1]).toBe("active");

  const resigned = new Wire({ priority: 110 }, {});
  resigned.runUntil(20_000);
  resigned.stop(0);
  expect(resigned.states).toEqual(["initial", "active"]);
  expect(resigned.sent).toContain("20000 10.0.0.2 resign active");
});

test.each([
  [true, "active", [{ kind: "take-over" }, { kind: "send", message: "coup" }, { kind: "send", message: "hello" }]],
  [false, "listen", []],
] as const)("a higher router that comes late: preempts %s, becomes %s", (preempts, state, expected) => {
  const higher = { ...settings, priority: 110, preempts };
  const listening = step(higher, initialGroup, { kind: "start" }, 0).group;
  const heard: Heard = { message: "hello", state: "active", priority: 100, sender: "10.0.0.3", holdTimeS: 3 };
  const { group, effects } = step(higher, listening, { kind: "heard", heard }, 500);
  expect(group.state).toBe(state);
  expect(effects).toEqual(expected);
});

test("the active router that hears a coup of a higher one resigns and steps back", () => {
  const active: Group = { ...initialGroup, state: "active", helloTimerMs: 1000 };
  const coup: Heard = { message: "coup", state: "active", priority: 110, sender: "10.0.0.3", holdTimeS: 3 };
  const { group, effects } = step(settings, active, { kind: "heard", heard: coup }, 500);
  expect(group).toMatchObject({ state: "speak", activeTimerMs: 3500 });
  expect(effects).toEqual([
    { kind: "send", message: "resign" },
    { kind: "step-back" },
    { kind: "send", message: "hello" },
  ]);
});

test("a cut wire has two actives; joined again, the lower one steps back", () => {
  const wire = new Wire({ priority: 110 }, {});
  wire.runUntil(20_000);
  wire.isCut = true;
  wire.runUntil(30_000);
  expect(wire.states).toEqual(["active", "active"]);
  wire.isCut = false;
  wire.runUntil(31_100);
  expect(wire.states[0]).toBe("active");
  expect(wire.states[1]).not.toBe("active");
  wire.runUntil(45_000);
  expect(wire.states).toEqual(["active", "standby"]);
});

test("an active router answers a lower active one with a coup", () => {
  const active: Group = { ...initialGroup, state: "active", helloTimerMs: 1000 };
  const heard: Heard = { message: "hello", state: "active", priority: 90, sender: "10.0.0.3", holdTimeS: 3 };
  expect(step(settings, active, { kind: "heard", heard }, 500)).toEqual({
    group: active,
    effects: [{ kind: "send", message: "coup" }],
  });
});

test("before it has started nothing moves it, and stopped it asks for no time", () => {
  const heard: Heard = { message: "resign", state: "active", priority: 100, sender: "10.0.0.3", holdTimeS: 3 };
  expect(step(settings, initialGroup, { kind: "heard", heard }, 0)).toEqual({ group: initialGroup, effects: [] });
  const started = step(settings, initialGroup, { kind: "start" }, 0).group;
  expect(dueMs(step(settings, started, { kind: "stop" }, 10).group)).toBeUndefined();
});
