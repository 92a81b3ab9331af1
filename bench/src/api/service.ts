/** The service under measurement, in a process of its own: the real server and store, in front of a standing snapshot. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { TrunklineError } from "@trunkline/model";
import { limits } from "../limits.ts";
import type { Load } from "./load.ts";
import type { ServerMessage, ServerOrder } from "./server.ts";

/** Of the server's process: what it holds, and what it has computed since it started. */
export interface Usage {
  readonly bytes: number;
  readonly cpuMs: number;
}

export interface BenchService {
  readonly url: string;
  readonly token: string;
  /** Writes so many events, evenly spread over their time; resolves when the last one is written. */
  publish(events: number, perSecond: number): Promise<void>;
  usage(): Promise<Usage>;
}

export async function withService<T>(
  load: Load,
  signal: AbortSignal,
  use: (service: BenchService) => Promise<T>,
): Promise<T> {
  const child = fork(new URL("./server.ts", import.meta.url), [String(load.hosts), String(load.vms)], {
    execArgv: ["--conditions=source", "--import", "tsx"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    signal,
  });
  child.on("error", () => undefined);
  try {
    const { url, token } = await answerOf(child, "listening");
    return await use({
      url,
      token,
      publish: async (events, perSecond) => {
        order(child, { kind: "publish", events, perSecond });
        await answerOf(child, "published");
      },
      usage: async () => {
        order(child, { kind: "usage" });
        return await answerOf(child, "usage");
      },
    });
  } finally {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}

const order = (child: ChildProcess, what: ServerOrder): void => void child.send(what);

async function answerOf<Kind extends ServerMessage["kind"]>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<ServerMessage, { readonly kind: Kind }>> {
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop(new TrunklineError("service.unreachable", `the server did not say "${kind}" in time`));
    }, limits.loadMs);
    const onMessage = (message: ServerMessage): void => {
      if (message.kind !== kind) return;
      stop();
      resolve(message as Extract<ServerMessage, { readonly kind: Kind }>);
    };
    const onExit = (): void => {
      stop(new TrunklineError("service.unreachable", "the server ended by itself"));
    };
    const stop = (error?: Error): void => {
      clearTimeout(timer);
      child.off("message", onMessage).off("exit", onExit);
      if (error !== undefined) reject(error);
    };
    child.on("message", onMessage).on("exit", onExit);
  });
}
