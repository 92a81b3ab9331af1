/**
 * One router's part in one HSRP group: the finite state machine of RFC 2281, section 5. Pure: an event and the time give
 * the next state and what is to be done; whoever drives it (speaker.ts, or a test) owns sockets and clock.
 *
 * The letters in the comments are the RFC's names of events. Learning is left out: the address and the times of a group
 * are always configured here.
 *
 * Two timers watch the others: the active timer runs out when the active router has not been heard for its hold time, the
 * standby timer likewise. A timer that runs out where no transition answers it stays run out, so that a router which went
 * from speak to standby without any active router takes over at once.
 */
import type { HsrpMessage, HsrpState } from "@trunkline/packets";

export type GroupSettings = {
  readonly priority: number;
  readonly preempts: boolean;
  readonly ownAddress: string;
  readonly helloTimeS: number;
  readonly holdTimeS: number;
};

/** Deadlines in milliseconds of the driver's clock; undefined: the timer does not run. */
export type Group = {
  readonly state: HsrpState;
  readonly activeTimerMs: number | undefined;
  readonly standbyTimerMs: number | undefined;
  readonly helloTimerMs: number | undefined;
};

export type Heard = {
  readonly message: HsrpMessage;
  readonly state: HsrpState;
  readonly priority: number;
  readonly sender: string;
  readonly holdTimeS: number;
};

export type Event =
  | { readonly kind: "start" }
  | { readonly kind: "stop" }
  | { readonly kind: "time" }
  | { readonly kind: "heard"; readonly heard: Heard };

export type Effect =
  /** To be sent in the state in which the group is after the step. */
  | { readonly kind: "send"; readonly message: HsrpMessage }
  /** The virtual address and MAC are ours from now on: bear them, and announce them by gratuitous ARP. */
  | { readonly kind: "take-over" }
  | { readonly kind: "step-back" };

export type Step = { readonly group: Group; readonly effects: readonly Effect[] };

export const initialGroup: Group = {
  state: "initial",
  activeTimerMs: undefined,
  standbyTimerMs: undefined,
  helloTimerMs: undefined,
};

export function step(settings: GroupSettings, group: Group, event: Event, nowMs: number): Step {
  switch (event.kind) {
    case "start":
      return group.state === "initial" ? stay(watched(group, settings, nowMs, "listen")) : stay(group);
    case "stop":
      return stop(group);
    case "time":
      return onTime(settings, group, nowMs);
    case "heard":
      return onHeard(settings, group, event.heard, nowMs);
  }
}

/** When the driver should come back with a "time" event; undefined: not before something is heard. */
export function dueMs(group: Group): number | undefined {
  const timers = [
    answersActiveTimer(group.state) ? group.activeTimerMs : undefined,
    answersStandbyTimer(group.state) ? group.standbyTimerMs : undefined,
    group.helloTimerMs,
  ].filter((timer) => timer !== undefined);
  return timers.length === 0 ? undefined : Math.min(...timers);
}

const answersActiveTimer = (state: HsrpState) => state === "listen" || state === "standby";
const answersStandbyTimer = (state: HsrpState) => state === "listen" || state === "speak" || state === "active";
/** These send a hello each hello time. */
const speaks = (state: HsrpState) => state === "speak" || state === "standby" || state === "active";

function onTime(settings: GroupSettings, group: Group, nowMs: number): Step {
  const isOver = (timer: number | undefined) => timer !== undefined && timer <= nowMs;
  // c
  if (isOver(group.activeTimerMs) && answersActiveTimer(group.state)) {
    if (group.state === "standby") return takeOver(settings, group, nowMs, ["hello"]);
    return enter(settings, watched(group, settings, nowMs, "speak"), nowMs);
  }
  // d
  if (isOver(group.standbyTimerMs) && answersStandbyTimer(group.state)) {
    const without = { ...group, standbyTimerMs: undefined };
    if (group.state === "speak") return enter(settings, { ...without, state: "standby" }, nowMs);
    if (group.state === "active") return stay(without);
    return enter(settings, { ...without, state: "speak", standbyTimerMs: holdEnds(settings, nowMs) }, nowMs);
  }
  // e
  if (isOver(group.helloTimerMs)) return enter(settings, group, nowMs);
  return stay(group);
}

function onHeard(settings: GroupSettings, group: Group, heard: Heard, nowMs: number): Step {
  if (group.state === "initial" || group.state === "learn") return stay(group);
  const isHigher = isHigherThan(settings, heard);
  const theirHoldEnds = nowMs + heard.holdTimeS * 1000;
  switch (heard.message) {
    case "resign":
      return onResign(settings, group, nowMs);
    case "coup":
      // j
      if (group.state !== "active" || !isHigher) return stay(group);
      return withResign(giveWay(settings, { ...group, activeTimerMs: theirHoldEnds }, nowMs));
    case "hello":
      break;
  }
  switch (heard.state) {
    case "active":
      return isHigher
        ? onHigherActive(settings, group, theirHoldEnds, nowMs)
        : onLowerActive(settings, group, theirHoldEnds, nowMs);
    case "standby":
      return isHigher ? onHigherStandby(group, theirHoldEnds) : onLowerStandby(settings, group, theirHoldEnds, nowMs);
    case "speak":
      // f
      return isHigher && (group.state === "speak" || group.state === "standby")
        ? stay({ ...group, state: "listen", standbyTimerMs: holdEnds(settings, nowMs), helloTimerMs: undefined })
        : stay(group);
    case "initial":
    case "learn":
    case "listen":
      return stay(group);
  }
}

/** g */
function onHigherActive(settings: GroupSettings, group: Group, theirHoldEnds: number, nowMs: number): Step {
  const heardOf = { ...group, activeTimerMs: theirHoldEnds };
  return group.state === "active" ? giveWay(settings, heardOf, nowMs) : stay(heardOf);
}

/** h */
function onLowerActive(settings: GroupSettings, group: Group, theirHoldEnds: number, nowMs: number): Step {
  if (group.state === "active") return { group, effects: [{ kind: "send", message: "coup" }] };
  if (!settings.preempts) return stay({ ...group, activeTimerMs: theirHoldEnds });
  const standbyTimerMs = holdEnds(settings, nowMs);
  return takeOver(settings, { ...group, standbyTimerMs }, nowMs, ["coup", "hello"]);
}

/** i */
function onResign(settings: GroupSettings, group: Group, nowMs: number): Step {
  switch (group.state) {
    case "listen":
      return enter(settings, watched(group, settings, nowMs, "speak"), nowMs);
    case "speak":
      return stay({ ...group, activeTimerMs: holdEnds(settings, nowMs) });
    case "standby":
      return takeOver(settings, group, nowMs, ["hello"]);
    case "initial":
    case "learn":
    case "active":
      return stay(group);
  }
}

/** k */
function onHigherStandby(group: Group, theirHoldEnds: number): Step {
  const heardOf = { ...group, standbyTimerMs: theirHoldEnds };
  const givesWay = group.state === "speak" || group.state === "standby";
  return stay(givesWay ? { ...heardOf, state: "listen", helloTimerMs: undefined } : heardOf);
}

/** l */
function onLowerStandby(settings: GroupSettings, group: Group, theirHoldEnds: number, nowMs: number): Step {
  switch (group.state) {
    case "listen":
      return enter(settings, { ...group, state: "speak", standbyTimerMs: holdEnds(settings, nowMs) }, nowMs);
    case "speak":
      return enter(settings, { ...group, state: "standby", standbyTimerMs: undefined }, nowMs);
    case "active":
      return stay({ ...group, standbyTimerMs: theirHoldEnds });
    case "initial":
    case "learn":
    case "standby":
      return stay(group);
  }
}

function takeOver(settings: GroupSettings, group: Group, nowMs: number, messages: readonly HsrpMessage[]): Step {
  const helloTimerMs = nowMs + settings.helloTimeS * 1000;
  return {
    group: { ...group, state: "active", activeTimerMs: undefined, helloTimerMs },
    effects: [{ kind: "take-over" }, ...messages.map((message) => ({ kind: "send" as const, message }))],
  };
}

/** From active to speak. */
function giveWay(settings: GroupSettings, group: Group, nowMs: number): Step {
  const standbyTimerMs = holdEnds(settings, nowMs);
  const { group: speaking, effects } = enter(settings, { ...group, state: "speak", standbyTimerMs }, nowMs);
  return { group: speaking, effects: [{ kind: "step-back" }, ...effects] };
}

/** b. A router that leaves while it is active says so; then the standby need not wait. */
function stop(group: Group): Step {
  if (group.state !== "active") return stay(initialGroup);
  return { group: initialGroup, effects: [{ kind: "send", message: "resign" }, { kind: "step-back" }] };
}

function withResign({ group, effects }: Step): Step {
  return { group, effects: [{ kind: "send", message: "resign" }, ...effects] };
}

/** A speaking state says hello as it is entered, and again each hello time. */
function enter(settings: GroupSettings, group: Group, nowMs: number): Step {
  if (!speaks(group.state)) return stay({ ...group, helloTimerMs: undefined });
  const helloTimerMs = nowMs + settings.helloTimeS * 1000;
  return { group: { ...group, helloTimerMs }, effects: [{ kind: "send", message: "hello" }] };
}

function watched(group: Group, settings: GroupSettings, nowMs: number, state: HsrpState): Group {
  const ends = holdEnds(settings, nowMs);
  return { ...group, state, activeTimerMs: ends, standbyTimerMs: ends };
}

function stay(group: Group): Step {
  return { group, effects: [] };
}

function holdEnds(settings: GroupSettings, nowMs: number): number {
  return nowMs + settings.holdTimeS * 1000;
}

/** Equal priorities are decided by the higher address (RFC 2281, 5.1). */
function isHigherThan(settings: GroupSettings, heard: Heard): boolean {
  if (heard.priority !== settings.priority) return heard.priority > settings.priority;
  const [theirs, ours] = [heard.sender, settings.ownAddress].map((address) => address.split(".").map(Number));
  const index = (theirs ?? []).findIndex((part, place) => part !== ours?.[place]);
  return index >= 0 && (theirs?.[index] ?? 0) > (ours?.[index] ?? 0);
}
