/**
 * A transcript is a conversation with the machine, as text: lines of events, `----`, and everything that came of them.
 *
 *     move client              begin a new move with this driver
 *     start                    an event by its name; `call-failed CALL MESSAGE` and the two sightings of `sighted`,
 *     sighted absent unreachable      `verified` take arguments
 *     repeat 59 sighted …      the same event many times; only the last step is printed
 *
 * The form follows the data-driven tests of etcd's raft.
 */
import { sighting } from "../settle/sighting.fixture.ts";
import { initialState, isAtRest, isCancellable, isOver, step } from "./machine.ts";
import type { MoveCall, MoveEffect, MoveEvent, MoveState, Step } from "./state.ts";

export interface Block {
  readonly line: number;
  /** Everything before `----`, comments included, so that a transcript can be written anew. */
  readonly input: readonly string[];
  /** Undefined when there is no `----`: that is a mistake, not an empty expectation. */
  readonly expected: string | undefined;
}

export function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = [];
  let line = 1;
  for (const part of text.split(/\n{2,}/)) {
    const lines = part.split("\n").filter((candidate) => candidate.trim() !== "");
    const cut = lines.indexOf("----");
    const hasCommand = lines.some((candidate) => !candidate.startsWith("#"));
    if (hasCommand)
      blocks.push({
        line,
        input: cut < 0 ? lines : lines.slice(0, cut),
        expected: cut < 0 ? undefined : lines.slice(cut + 1).join("\n"),
      });
    line += part.split("\n").length + 1;
  }
  return blocks;
}

/** Runs the blocks one after the other on one machine. @returns what each of them printed. */
export function replay(blocks: readonly Block[]): readonly string[] {
  let state: MoveState = initialState("client");
  return blocks.map(({ input }) => {
    const printed: string[] = [];
    for (const command of input.filter((candidate) => !candidate.startsWith("#"))) {
      const [word = "", ...rest] = command.split(" ");
      if (word === "move") {
        state = initialState(rest[0] === "peer-to-peer" ? "peer-to-peer" : "client");
        printed.push(print({ state, effects: [] }));
        continue;
      }
      const times = word === "repeat" ? Number(rest[0]) : 1;
      const event = parseEvent(word === "repeat" ? rest.slice(1) : [word, ...rest]);
      let taken: Step = { state, effects: [] };
      for (let count = 0; count < times; count += 1) {
        taken = step(state, event);
        state = taken.state;
      }
      printed.push(print(taken));
    }
    return printed.join("\n");
  });
}

function parseEvent(words: readonly string[]): MoveEvent {
  const [kind = "", first = "", second = "", ...rest] = words;
  switch (kind) {
    case "start":
    case "begun":
    case "prepared":
    case "performed":
    case "finished":
    case "confirmed":
    case "source-suspended":
    case "target-resumed":
    case "unwound":
    case "cancel-requested":
    case "post-copy-requested":
    case "restarted":
      return { kind };
    case "sighted":
    case "verified":
      return { kind, source: sighting(first), target: sighting(second) };
    case "settled":
      return { kind, problem: first === "" ? null : words.slice(1).join(" ") };
    case "call-failed": {
      const message = [second, ...rest].join(" ");
      return { kind, call: callNamed(first), failure: { code: "host.failed", message } };
    }
    default:
      throw new TypeError(`no such event: ${words.join(" ")}`);
  }
}

export const calls: readonly MoveCall[] = ["begin", "prepare", "perform", "start-post-copy", "finish", "confirm"];

function callNamed(text: string): MoveCall {
  const found = calls.find((call) => call === text);
  if (found === undefined) throw new TypeError(`no such call: ${text}`);
  return found;
}

function print({ state, effects }: Step): string {
  const { phase, ...fields } = state;
  const words = [
    isOver(state) ? "over" : isAtRest(state) ? "at rest" : "",
    isCancellable(state) ? "cancellable" : "",
  ].filter((word) => word !== "");
  const lines = [words.length === 0 ? phase : `${phase} (${words.join(", ")})`];
  for (const [name, value] of Object.entries(fields)) lines.push(`  ${name}: ${JSON.stringify(value)}`);
  return [...lines, ...effects.map((effect) => `  > ${printEffect(effect)}`)].join("\n");
}

const printEffect = (effect: MoveEffect): string =>
  effect.kind === "ask-both" ? `ask-both after ${effect.afterMs} ms` : effect.kind;
