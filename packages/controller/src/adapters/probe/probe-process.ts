/** The echo client as a child process at the probe point: starts it, reads its lines, sends it commands. */
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TrunklineError } from "@trunkline/model";
import { limits } from "../../limits.ts";
import { linesOf, spawnWith } from "../system/spawn-with.ts";

export interface EchoFigures {
  readonly longestGapMs: number;
  readonly sent: number;
  readonly echoed: number;
  readonly wrong: number;
  readonly broken: string | null;
}

type Line =
  | { readonly kind: "up" }
  | { readonly kind: "marked"; readonly mark: number }
  | ({ readonly kind: "figures" | "end" } & EchoFigures);

export class EchoProcess {
  readonly #child: ChildProcess;
  readonly #where: string;
  #figures: EchoFigures = { longestGapMs: 0, sent: 0, echoed: 0, wrong: 0, broken: null };
  #marks = 0;
  readonly #waiting = new Map<number, () => void>();
  readonly #up: Promise<void>;
  readonly #ended: Promise<void>;

  constructor(prefix: readonly string[], address: string, port: number, where: string) {
    this.#where = where;
    const program = fileURLToPath(new URL("../../../src/adapters/probe/echo-client.mjs", import.meta.url));
    const client = [process.execPath, program, address, String(port), String(intervalMs)];
    this.#child = spawnWith(prefix, client, { stdio: ["pipe", "pipe", "ignore"] });
    this.#child.stdin?.on("error", () => undefined);
    let markUp: () => void = () => undefined;
    this.#up = new Promise((resolve) => {
      markUp = resolve;
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", () => {
        resolve();
      });
      this.#child.once("exit", () => {
        resolve();
      });
    });
    linesOf(this.#child.stdout).on("line", (text) => {
      this.#read(text, markUp);
    });
  }

  get figures(): EchoFigures {
    return this.#figures;
  }

  async up(signal: AbortSignal): Promise<void> {
    await within(this.#up, limits.probeStartMs, signal, this.#ended, () => {
      this.#child.kill("SIGKILL");
      return new TrunklineError("host.unreachable", `no echo came back at ${this.#where}`, {
        hint: "Check that the VM's echo service answers and that the probe point sits in its VLAN.",
      });
    });
  }

  reset(): void {
    this.#say("reset");
  }

  async nextEcho(timeoutMs: number): Promise<void> {
    this.#marks += 1;
    const mark = this.#marks;
    const echoed = new Promise<void>((resolve) => this.#waiting.set(mark, resolve));
    this.#say(`mark ${mark}`);
    await within(
      echoed,
      timeoutMs,
      new AbortController().signal,
      this.#ended,
      () => new TrunklineError("host.unreachable", `the VM did not answer at ${this.#where} within ${timeoutMs} ms`),
    );
  }

  async stop(): Promise<EchoFigures> {
    this.#say("stop");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), limits.probeStopMs);
    await this.#ended;
    clearTimeout(late);
    return this.#figures;
  }

  #say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  #read(text: string, markUp: () => void): void {
    if (text.length > limits.probeLineBytes) return;
    const line = JSON.parse(text) as Line;
    switch (line.kind) {
      case "up":
        markUp();
        break;
      case "marked":
        this.#waiting.get(line.mark)?.();
        this.#waiting.delete(line.mark);
        break;
      case "figures":
      case "end":
        this.#figures = line;
        break;
    }
  }
}

/** Short enough to see QEMU's own pause, long enough to cost the guest nothing. */
const intervalMs = 5;

async function within(
  wanted: Promise<void>,
  timeoutMs: number,
  signal: AbortSignal,
  ended: Promise<void>,
  failure: () => TrunklineError,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => {
      resolve("late");
    }, timeoutMs);
    onAbort = () => {
      resolve("late");
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  const outcome = await Promise.race([wanted, late, ended.then(() => "late" as const)]);
  clearTimeout(timer);
  if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  if (outcome === "late") throw failure();
}
