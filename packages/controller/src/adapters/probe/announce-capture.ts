/**
 * Counts the frames by which a moved VM makes itself known: reverse ARP (RFC 903), sent by QEMU on the guest's behalf
 * when it resumes. Seen by tcpdump at the probe point, so that what is counted did cross the switches.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { limits } from "../../limits.ts";

export interface AnnounceCapture {
  readonly frames: number;
  stop(): Promise<void>;
}

/** Resolves once tcpdump listens, or with a capture that counts nothing when it cannot be run. */
export async function captureAnnounces(prefix: readonly string[], macs: readonly string[]): Promise<AnnounceCapture> {
  const filter = `(ether proto 0x8035) and (${macs.map((mac) => `ether src ${mac}`).join(" or ")})`;
  const [command = "tcpdump", ...args] = [
    ...prefix,
    "tcpdump",
    "-i",
    "any",
    "-n",
    "-l",
    "-e",
    "--immediate-mode",
    filter,
  ];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let frames = 0;
  createInterface({ input: child.stdout }).on("line", () => {
    frames += 1;
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      resolve();
    });
    child.once("error", () => {
      resolve();
    });
  });
  const listening = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (line.startsWith("listening on")) resolve();
    });
  });
  const timer = new Promise<void>((resolve) => {
    setTimeout(resolve, limits.connectMs).unref();
  });
  await Promise.race([listening, ended, timer]);
  return {
    get frames() {
      return frames;
    },
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
