/** tcpdump at the client: the packets of the first echo session that it sees. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { TrunklineError } from "@trunkline/model";
import { limits } from "../limits.ts";
import { readPacket } from "./packets.ts";
import type { Packet } from "./packets.ts";

export interface Capture {
  /** In the order of their times. */
  readonly packets: readonly Packet[];
  stop(): Promise<void>;
}

/** Resolves once tcpdump listens: whatever is opened afterwards is seen from its first packet on. */
export async function captureEcho(place: readonly string[], echoPort: number): Promise<Capture> {
  const filter = ["tcp", "port", String(echoPort)];
  const [program = "", ...args] = [...place, "tcpdump", "-i", "any", "-n", "-tt", "-S", "-l", ...filter];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const packets: Packet[] = [];
  let session: number | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const packet = readPacket(line, echoPort);
    session ??= packet?.clientPort;
    if (packet?.clientPort === session && packet !== undefined && packets.length < limits.capturePackets)
      packets.push(packet);
  });
  const listening = new Promise<"listening">((resolve) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (line.startsWith("listening on")) resolve("listening");
    });
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), limits.captureStartMs);
  });
  const outcome = await Promise.race([listening, late, ended]);
  clearTimeout(timer);
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  if (outcome === "listening") return { packets, stop };
  await stop();
  throw new TrunklineError("lab.failed", "tcpdump does not listen at the client", {
    hint: "Check that tcpdump is installed and may capture there.",
  });
}
