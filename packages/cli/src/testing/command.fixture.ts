/** The real command as a child process that can be listened to, stopped and killed. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The one document on standard output; undefined when it ended without printing one. */
  readonly json: unknown;
  readonly stderr: string;
}

/** Above what any command of these tests takes, and below the test's own bound. */
const commandMs = 270_000;

export class RunningCommand {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  #stdout = "";
  #stderr = "";
  #isOver = false;

  constructor(args: readonly string[]) {
    // The launcher replaces itself by Node, so the child's pid is the command's.
    const launcher = fileURLToPath(new URL("../../../../trunkline", import.meta.url));
    const child = spawn(launcher, args, { stdio: ["ignore", "pipe", "pipe"], timeout: commandMs });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#tell();
    });
    this.#child = child;
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exitCode, signal) => {
        this.#isOver = true;
        this.#tell();
        resolve({ exitCode, signal, json: documentIn(this.#stdout), stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async killed(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** @throws when the command ends without having said it. */
  async says(words: RegExp): Promise<void> {
    while (!words.test(this.#stderr)) {
      if (this.#isOver) throw new Error(`the command never said ${words.source}, but:\n${this.#stderr}${this.#stdout}`);
      await new Promise<void>((resolve) => {
        this.#listeners.add(resolve);
      });
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

/** Undefined while it is not whole. */
export function documentIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
