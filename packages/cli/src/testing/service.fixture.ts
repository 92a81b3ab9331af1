/** The real service as a child process: started, spoken to over its socket, followed, struck at a moment, stopped, killed. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient, fetchTransport } from "@trunkline/api";
import type { AnswerOf, Client, InputOf } from "@trunkline/api";
import { hostName } from "@trunkline/model";
import type { ClusterEvent, HostName, MoveId } from "@trunkline/model";
import { documentIn } from "./command.fixture.ts";
import { until } from "./faults.fixture.ts";

export interface ServiceWish {
  readonly state: string;
  readonly args: readonly string[];
  /** The beginning of a command line that the service's own follows, in its place. */
  readonly through?: readonly string[];
}

export type Move = AnswerOf<"moves.show">;
type Wish = Partial<InputOf<"moves.create">["body"]>;

const launcher = fileURLToPath(new URL("../../../../trunkline", import.meta.url));
/** One answer; above what a busy machine takes. */
const answerMs = 60_000;

/** @returns when it has settled what was left and is ready. */
export async function startService({ state, args, through = [] }: ServiceWish): Promise<RunningService> {
  const line = ["serve", "--port", "0", "--json", "--state", state, ...args];
  const [file = launcher, ...rest] = [...through, launcher, ...line];
  const child = spawn(file, rest, { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const url = await announcedBy(child, () => errors);
  // Through the process's own root, since it may have a file system that nobody else sees.
  const token = readFileSync(join(`/proc/${child.pid}/root`, state, "local-token"), "utf8").trim();
  const client = createClient({ transport: fetchTransport(url), token });
  const service = new RunningService(child, url, client, () => errors);
  await service.isFollowed;
  await until(async () => {
    if (service.isOver) throw new Error(`the service ended before it was ready:\n${errors}`);
    return await client.call("service.ready", {}, { signal: AbortSignal.timeout(answerMs) }).then(
      () => true,
      () => false,
    );
  });
  return service;
}

async function announcedBy(child: ChildProcess, errors: () => string): Promise<string> {
  let text = "";
  child.stdout?.setEncoding("utf8");
  return await new Promise((resolve, reject) => {
    child.stdout?.on("data", (chunk: string) => {
      text += chunk;
      const started = documentIn(text) as { readonly url: string } | undefined;
      if (started !== undefined) resolve(started.url);
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error(`the service did not begin:\n${errors()}${text}`)));
  });
}

export class RunningService {
  readonly url: string;
  readonly client: Client;
  /** Every event since it listens. */
  readonly events: ClusterEvent[] = [];
  readonly isFollowed: Promise<void>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #log: () => string;
  readonly #over = new AbortController();
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess, url: string, client: Client, log: () => string) {
    this.#child = child;
    this.#log = log;
    this.url = url;
    this.client = client;
    this.#ended = once(child, "close").then(() => this.#tell());
    this.isFollowed = new Promise((resolve) => {
      void this.#follow(resolve);
    });
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  get log(): string {
    return this.#log();
  }

  get isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async killed(): Promise<void> {
    this.#over.abort();
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** As systemd stops it. @returns its exit code. */
  async stopped(): Promise<number | null> {
    if (!this.isOver) this.#child.kill("SIGTERM");
    await this.#ended;
    this.#over.abort();
    return this.#child.exitCode;
  }

  async request(vm: string, target: string, wish: Wish = {}): Promise<MoveId> {
    const body = { vm, target: hostName(target), ...wish };
    const answer = await this.client.call("moves.create", { body }, this.asked());
    if (!("request" in answer)) throw new Error("a request for a move was answered with a report");
    return answer.request.id;
  }

  async move(id: MoveId): Promise<Move> {
    return await this.client.call("moves.show", { params: { id } }, this.asked());
  }

  /** @returns the move when its report is there and says how it ended. */
  async endOf(id: MoveId): Promise<Move> {
    await this.saw((event) => event.kind === "move-reported" && event.move === id && event.outcome !== "unsettled");
    return await this.move(id);
  }

  async reaches(id: MoveId, phase: string): Promise<void> {
    await this.saw((event) => event.kind === "move" && event.move === id && event.phase === phase);
  }

  /** Also of what was before; only the test's own bound ends it. @throws when the service ends first. */
  async saw(isIt: (event: ClusterEvent) => boolean): Promise<void> {
    for (let seen = 0; ;) {
      for (; seen < this.events.length; seen += 1) {
        const event = this.events[seen];
        if (event !== undefined && isIt(event)) return;
      }
      if (this.isOver) throw new Error(`the service ended before it came to pass:\n${this.#log()}`);
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  host(name: string): { readonly params: { readonly name: HostName } } {
    return { params: { name: hostName(name) } };
  }

  asked(): { readonly signal: AbortSignal } {
    return { signal: AbortSignal.timeout(answerMs) };
  }

  async #follow(onReady: () => void): Promise<void> {
    try {
      for await (const message of this.client.followEvents({ signal: this.#over.signal })) {
        if (message.kind === "ready") onReady();
        if (message.kind === "event") this.events.push(message.event.event);
        this.#tell();
      }
    } catch {
      // It is gone: whoever waits for it is told by its end.
    }
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
