/** tcpdump at the client: which of its pings were never answered, and when they left. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { TrunklineError } from "@trunkline/model";
import { limits } from "../limits.ts";

export interface PingWatch {
  /** Unix times in milliseconds at which pings left that no reply came to, in their order. */
  unansweredAtMs(): readonly number[];
  stop(): Promise<void>;
}

/** A line of `tcpdump -n -tt icmp`: its time, whether it is the answer, and which ping it belongs to. */
export function readPing(line: string): { atMs: number; isReply: boolean; ping: string } | undefined {
  const found = /^(\d+\.\d+) .*ICMP echo (request|reply), id (\d+), seq (\d+)/.exec(line);
  if (found === null) return undefined;
  const [, time, kind, id, sequence] = found;
  return { atMs: Number(time) * 1000, isReply: kind === "reply", ping: `${id}/${sequence}` };
}

/** Resolves once tcpdump listens. */
export async function watchPings(place: readonly string[]): Promise<PingWatch> {
  const [program, ...args] = [...place, "tcpdump", "-i", "any", "-n", "-tt", "-l", "icmp"];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const waiting = new Map<string, number>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const seen = readPing(line);
    if (seen?.isReply === true) waiting.delete(seen.ping);
    else if (seen !== undefined && waiting.size < limits.capturePackets) waiting.set(seen.ping, seen.atMs);
  });
  const listening = new Promise<boolean>((resolve) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (line.startsWith("listening on")) resolve(true);
    });
    void ended.then(() => resolve(false));
    setTimeout(() => resolve(false), limits.captureStartMs).unref();
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  if (await listening) return { unansweredAtMs: () => [...waiting.values()], stop };
  await stop();
  throw new TrunklineError("lab.failed", "tcpdump does not listen at the client", {
    hint: "Check that tcpdump is installed and may capture there.",
  });
}
