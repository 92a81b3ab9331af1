/**
 * A million packets that nobody should send, through all decoders and the encoders of what they read: how fast, how slow at
 * worst, and that none of them ends in anything but a value or a typed error. The same seed gives the same packets.
 */
import { setImmediate } from "node:timers/promises";
import { TrunklineError, messageOf } from "@trunkline/model";
import { costlyFrames, decodeFrame, drawFrom, examine, examineFrame, mutate } from "@trunkline/packets";
import type { Draw } from "@trunkline/packets";
import { atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { limits } from "../limits.ts";
import { isDoneWithin } from "./bounded.ts";
import { corpusOf, originalOf } from "./corpus.ts";
import type { Corpus } from "./corpus.ts";
import { pageOf } from "./page.ts";
import { Tally } from "./tally.ts";

export const description = "1,000,000 mutated packets: no untyped error, no hang, packets a second, the slowest one";

export async function run({ args, log, signal }: BenchOptions): Promise<BenchResult> {
  const single = args["hex"];
  if (single !== undefined) return replay(single);
  const packets = numberOf(args, "packets", manyPackets, limits.packets);
  const seed = numberOf(args, "seed", 20_261_125, 0xffff_ffff);
  const corpus = corpusOf(args["data"]);
  log(`seed ${seed}; made of ${corpus.samples.length} samples and ${corpus.captured.length} captured packets`);
  // Errors by the hundred thousand: where they were made costs more than making them, and each can be had again by --hex.
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return await examineAll(packets, seed, corpus, log, signal);
  } finally {
    Error.stackTraceLimit = depth;
  }
}

async function examineAll(
  packets: number,
  seed: number,
  corpus: Corpus,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<BenchResult> {
  const tally = new Tally();
  const draw = drawFrom(seed);
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
  for (const [name, bytes] of Object.entries(costlyFrames)) one(tally, bytes, name);
  let done = 0;
  while (done < packets) {
    const end = Math.min(packets, done + batchPackets);
    const isDone = batch(tally, corpus, draw, done, end);
    done = end;
    if (!isDone) {
      log(`a packet was still being read after ${hangMs} ms; the run ends here`);
      break;
    }
    await setImmediate();
    signal.throwIfAborted();
    if (end % reportPackets === 0) log(`${end} packets`);
  }
  const { user, system } = process.cpuUsage(cpu);
  const wallS = (performance.now() - startedMs) / 1_000;
  for (const { index, message, hex } of tally.defects)
    log(`defect: --seed ${seed}, packet ${index}, --hex ${hex}: ${message}`);
  const measured = {
    packets: done,
    seed,
    samples: corpus.samples.length,
    captured: corpus.captured.length,
    wallS,
    cpuS: (user + system) / 1_000_000,
    packetsPerS: done / wallS,
    ...tally.figures,
  };
  return {
    figures: { ...measured, defects: tally.defects },
    bars: [
      atMost("untyped errors", measured.untypedErrors, "", 0),
      atMost("slowest packet to read", measured.slowest.ms, "ms", slowestMs),
    ],
    table: pageOf(measured),
  };
}

/** @returns false when one of the packets did not end. */
function batch(tally: Tally, corpus: Corpus, draw: Draw, begin: number, end: number): boolean {
  let current: { readonly index: number; readonly bytes: Uint8Array } = { index: begin, bytes: new Uint8Array(0) };
  const isDone = isDoneWithin(hangMs, () => {
    for (let index = begin; index < end; index += 1) {
      const bytes = mutate(originalOf(corpus, draw), corpus.samples, draw);
      current = { index, bytes };
      one(tally, bytes, index);
    }
  });
  if (!isDone) tally.addDefect({ index: current.index, message: "it does not end", hex: hexOf(current.bytes) });
  return isDone;
}

function one(tally: Tally, bytes: Uint8Array, which: number | string): void {
  const scope = typeof which === "string" || which % headersOneIn === 0 ? "all" : "messages";
  try {
    const began = performance.now();
    const frame = decodeFrame(bytes);
    const ms = performance.now() - began;
    tally.add(examineFrame(bytes, frame, scope));
    tally.time(ms, bytes.length, which, () => {
      const beganAgain = performance.now();
      decodeFrame(bytes);
      return performance.now() - beganAgain;
    });
  } catch (error) {
    tally.addDefect({ index: typeof which === "number" ? which : -1, message: messageOf(error), hex: hexOf(bytes) });
  }
}

/** One packet of an earlier run, with everything that an error can tell. */
function replay(hex: string): BenchResult {
  const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
  const { frame, encoded } = examine(bytes);
  const layers = frame.layers.map(({ kind }) => kind).join(" ");
  const sentAgain = encoded.map(({ kind, outcome }) => `${kind} ${outcome}`).join(", ");
  const table = [
    `layers      ${layers}`,
    `problem     ${frame.problem?.message ?? "none"}`,
    `sent again  ${sentAgain}`,
  ];
  return { figures: { layers, problem: frame.problem?.message, sentAgain }, bars: [], table: table.join("\n") };
}

function numberOf(args: BenchOptions["args"], name: string, otherwise: number, most: number): number {
  const text = args[name];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new TrunklineError("usage.invalid", `--${name} ${text} is no number from 0 to ${most}`, {
    hint: `Without --${name} it is ${otherwise}.`,
  });
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Less than a minute of a processor: the short form is no shorter. */
const manyPackets = 1_000_000;
const batchPackets = 1_000;
const reportPackets = 100_000;
const headersOneIn = 8;
const slowestMs = 50;
/** A batch takes a tenth of a second. */
const hangMs = 60_000;
