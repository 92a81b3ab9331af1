/** The service as its users have it: a child process that is spoken to over its socket, followed, stopped and killed. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient, fetchTransport } from "@trunkline/api";
import type { AnswerOf, Client, InputOf } from "@trunkline/api";
import { TrunklineError, hostName } from "@trunkline/model";
import type { ClusterEvent, MoveId } from "@trunkline/model";
import { limits } from "./limits.ts";

export type Move = AnswerOf<"moves.show">;
type Wish = Partial<InputOf<"moves.create">["body"]>;

const launcher = fileURLToPath(new URL("../../trunkline", import.meta.url));

export class ServiceProcess {
  readonly #child: ChildProcess;
  readonly #client: Client;
  readonly #ended: Promise<unknown>;
  readonly #log: () => string;
  readonly #over = new AbortController();
  /** The newest phase of each move that an event told of. */
  readonly #phases = new Map<MoveId, string>();
  readonly #waiting = new Set<() => void>();

  /** @returns when it has settled what was left and is ready. */
  static async start(labName: string, state: string, signal: AbortSignal): Promise<ServiceProcess> {
    const line = ["serve", "--port", "0", "--json", "--state", state, "--lab", labName];
    const child = spawn(launcher, line, { stdio: ["ignore", "pipe", "pipe"] });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-limits.excerptChars);
    });
    const url = await announcedBy(child, () => errors);
    const token = readFileSync(join(state, "local-token"), "utf8").trim();
    const client = createClient({ transport: fetchTransport(url), token });
    const service = new ServiceProcess(child, client, () => errors);
    await service.#whenReady(signal);
    return service;
  }

  private constructor(child: ChildProcess, client: Client, log: () => string) {
    this.#child = child;
    this.#client = client;
    this.#log = log;
    this.#ended = once(child, "close").then(() => {
      this.#tell();
    });
    void this.#follow();
  }

  /** Resident memory of the process, bytes (proc(5), status). */
  get residentBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024;
  }

  async request(vm: string, target: string, wish: Wish = {}): Promise<MoveId> {
    const body = { vm, target: hostName(target), ...wish };
    const answer = await this.#client.call("moves.create", { body }, asked());
    if (!("request" in answer)) throw new TypeError("a request for a move was answered with a report");
    return answer.request.id;
  }

  async move(id: MoveId): Promise<Move> {
    return await this.#client.call("moves.show", { params: { id } }, asked());
  }

  /** Undefined until an event told of one. */
  phaseOf(id: MoveId): string | undefined {
    return this.#phases.get(id);
  }

  /** @returns whether it came to that, false when the move ended before. */
  async reaches(id: MoveId, phase: string): Promise<boolean> {
    for (;;) {
      const now = this.#phases.get(id);
      if (now === phase) return true;
      if (now !== undefined && ends.has(now)) return false;
      if (this.#child.exitCode !== null) throw new TypeError(`the service ended:\n${this.#log()}`);
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  async kill(): Promise<void> {
    this.#over.abort();
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async stop(): Promise<void> {
    this.#over.abort();
    this.#child.kill("SIGTERM");
    await this.#ended;
  }

  async #whenReady(signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + limits.serviceReadyMs;
    for (;;) {
      const isReady = await this.#client.call("service.ready", {}, asked()).then(
        () => true,
        () => false,
      );
      if (isReady) return;
      if (this.#child.exitCode !== null || performance.now() > deadline)
        throw new TrunklineError("lab.failed", `the service is not ready:\n${this.#log()}`);
      await pause(readyPauseMs, undefined, { signal });
    }
  }

  async #follow(): Promise<void> {
    try {
      for await (const message of this.#client.followEvents({ signal: this.#over.signal }))
        if (message.kind === "event") this.#hear(message.event.event);
    } catch {
      // It is gone: whoever waits is told by its end.
    }
  }

  #hear(event: ClusterEvent): void {
    if (event.kind === "move") this.#phases.set(event.move, event.phase);
    if (event.kind === "move-reported") this.#phases.set(event.move, event.outcome);
    this.#tell();
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

async function announcedBy(child: ChildProcess, errors: () => string): Promise<string> {
  let text = "";
  child.stdout?.setEncoding("utf8");
  return await new Promise((resolve, reject) => {
    child.stdout?.on("data", (chunk: string) => {
      text += chunk;
      const url = /"url":\s*"([^"]+)"/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once("error", reject);
    child.once("close", () => {
      reject(new TrunklineError("lab.failed", `the service did not begin:\n${errors()}${text}`));
    });
  });
}

const ends = new Set(["completed", "failed", "cancelled", "refused", "unsettled"]);
const readyPauseMs = 100;
const asked = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(limits.commandMs) });
