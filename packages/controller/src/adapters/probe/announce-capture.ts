/**
 * Counts the frames by which a moved VM makes itself known: reverse ARP (RFC 903), sent by QEMU on the guest's behalf
 * when it resumes. Seen by tcpdump at the probe point, so that what is counted did cross the switches.
 */
import { limits } from "../../limits.ts";
import { linesOf, spawnWith } from "../system/spawn-with.ts";

export interface AnnounceCapture {
  readonly frames: number;
  stop(): Promise<void>;
}

/** Resolves once tcpdump listens, or with a capture that counts nothing when it cannot be run. */
export async function captureAnnounces(prefix: readonly string[], macs: readonly string[]): Promise<AnnounceCapture> {
  // On "any" the capture has no Ethernet header, so the sender's address is looked for in what tcpdump prints (-e).
  const capture = ["tcpdump", "-i", "any", "-n", "-l", "-e", "--immediate-mode", "rarp"];
  const child = spawnWith(prefix, capture, { stdio: ["ignore", "pipe", "pipe"] });
  let frames = 0;
  linesOf(child.stdout).on("line", (line) => {
    if (macs.some((mac) => line.includes(` ${mac} `))) frames += 1;
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
    linesOf(child.stderr).on("line", (line) => {
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
