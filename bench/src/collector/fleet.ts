/**
 * Many simulated libvirts on unix sockets, as a process of its own: what they cost must not be counted as ours. Started
 * by `fleet-process.ts`; gets one `FleetOrder`, answers with the sockets' paths, ends when its parent lets go of it.
 */
import { createServer } from "node:net";
import { join } from "node:path";
import { answerCalls } from "@trunkline/libvirt";
import { messageOf } from "@trunkline/model";
import { simulatedHost } from "./simulated-host.ts";

export interface FleetOrder {
  readonly folder: string;
  readonly hosts: number;
  readonly vmsPerHost: number;
}

export type FleetAnswer = { readonly paths: readonly string[] } | { readonly failure: string };

process.once("message", (order: FleetOrder) => {
  openAll(order).then(
    (paths) => process.send?.({ paths }),
    (error: unknown) => process.send?.({ failure: messageOf(error) }),
  );
});
process.once("disconnect", () => process.exit());

async function openAll({ folder, hosts, vmsPerHost }: FleetOrder): Promise<readonly string[]> {
  const paths = Array.from({ length: hosts }, (_, host) => join(folder, `${host}.sock`));
  await Promise.all(paths.map(async (path, host) => await listen(path, host, vmsPerHost)));
  return paths;
}

async function listen(path: string, host: number, vmsPerHost: number): Promise<void> {
  const answers = simulatedHost(host, vmsPerHost);
  const server = createServer((socket) => {
    // The client may leave at any moment.
    socket.on("error", () => socket.destroy());
    answerCalls(socket, answers);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
}
