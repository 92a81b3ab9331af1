/** Other traffic on an uplink: one TCP connection by iperf3 that wants a fixed rate, from a host to the SAN's place. */
import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import type { Lab } from "@trunkline/lab";

export interface Foreground {
  /** Mean rate between two moments of performance.now(), bits per second; NaN where nothing was counted. */
  rateBps(fromMs: number, toMs: number): number;
}

/** What iperf3 says of each half second, as far as it is read here. */
interface Report {
  readonly intervals?: readonly {
    readonly sum: { readonly start: number; readonly end: number; readonly bytes: number };
  }[];
}

/** Sends until it is stopped, at most so long. @returns what stops it and tells what it carried. */
export async function startForeground(
  lab: Lab,
  { host, wantedBps, mostS }: { readonly host: string; readonly wantedBps: number; readonly mostS: number },
): Promise<() => Promise<Foreground>> {
  const { namespace } = lab.plan.san.node;
  const enterSan = ["ip", "netns", "exec", namespace];
  const server = launch([...enterSan, "timeout", String(mostS + spareS), "iperf3", "-s", "-1"]);
  await pause(listenMs);
  const wish = ["-c", lab.plan.san.address, "-b", String(wantedBps), "-t", String(mostS), "-i", "0.5", "-J"];
  const client = launch([...lab.hostCommand(host), "timeout", "-s", "INT", String(mostS + spareS), "iperf3", ...wish]);
  const startedMs = performance.now() + connectMs;
  return async () => {
    // `timeout` hands the interrupt on, and iperf3 then prints what it has.
    client.interrupt();
    const text = await client.output;
    server.interrupt();
    await server.output;
    const { intervals = [] } = JSON.parse(text) as Report;
    if (intervals.length === 0) throw new TypeError(`iperf3 counted nothing: ${text.slice(0, 200)}`);
    return {
      rateBps: (fromMs, toMs) => {
        const [from, to] = [(fromMs - startedMs) / 1000, (toMs - startedMs) / 1000];
        const within = intervals.filter(({ sum }) => sum.start >= from && sum.end <= to);
        const seconds = within.reduce((total, { sum }) => total + sum.end - sum.start, 0);
        return (within.reduce((total, { sum }) => total + sum.bytes, 0) * 8) / seconds;
      },
    };
  };
}

function launch(command: readonly string[]): { readonly output: Promise<string>; readonly interrupt: () => void } {
  const [program = "", ...words] = command;
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "ignore"] });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  const output = new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => {
      resolve(Buffer.concat(pieces).toString());
    });
  });
  output.catch(() => undefined);
  return {
    output,
    interrupt: () => {
      child.kill("SIGINT");
    },
  };
}

const spareS = 10;
const listenMs = 500;
/** From its start until its first second begins, within what half a second of counting matters. */
const connectMs = 150;
