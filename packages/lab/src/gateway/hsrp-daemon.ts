/** HSRP by the lab's own speaker (hsrp/main.ts), one process for all groups of a device. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LabContext } from "../context.ts";
import type { SpeakerConfiguration } from "../hsrp/configuration.ts";
import { ensureDaemon } from "../process/daemon.ts";
import type { NodePlan } from "../topology/lab-plan.ts";
import { inNamespace } from "../world/namespaces.ts";
import { memberOf } from "./member.ts";
import type { GatewayOf } from "./member.ts";

export const HSRP = "hsrp";

export async function ensureHsrpSpeaker(
  context: LabContext,
  node: NodePlan,
  gateways: readonly GatewayOf<"hsrp">[],
): Promise<void> {
  const folder = join(node.folder, "gateway");
  mkdirSync(folder, { recursive: true });
  const configuration = join(folder, "hsrp.json");
  const readyFile = join(folder, "hsrp.ready");
  const content = speakerConfiguration(node.name, gateways, readyFile);
  writeFileSync(configuration, `${JSON.stringify(content, null, 2)}\n`);
  await ensureDaemon(context, {
    node: node.name,
    role: HSRP,
    command: inNamespace(node.namespace, [...speakerCommand(), configuration]),
    logFile: join(folder, "hsrp.log"),
    isReady: async () =>
      existsSync(readyFile) && readFileSync(readyFile, "utf8") === String(context.state.process(node.name, HSRP)?.pid),
  });
}

export function speakerConfiguration(
  device: string,
  gateways: readonly GatewayOf<"hsrp">[],
  readyFile: string,
): SpeakerConfiguration {
  return {
    readyFile,
    groups: gateways.map((gateway) => {
      const member = memberOf(gateway, device);
      return {
        group: gateway.group,
        priority: member.priority,
        preempts: member.preempts,
        helloTimeS: gateway.helloMs / 1000,
        holdTimeS: gateway.holdMs / 1000,
        virtualAddress: gateway.address,
        virtualMac: gateway.mac,
        ownAddress: member.address,
        subnet: gateway.segment.subnet,
        device: member.device,
        virtualDevice: member.virtualDevice,
      };
    }),
  };
}

/** From source it needs the loader that this process was started with; built, it is plain JavaScript beside this file. */
function speakerCommand(): readonly string[] {
  const isSource = import.meta.url.endsWith(".ts");
  const program = fileURLToPath(new URL(`../hsrp/main.${isSource ? "ts" : "js"}`, import.meta.url));
  const loader = isSource ? ["--conditions=source", "--import", import.meta.resolve("tsx")] : [];
  return [process.execPath, ...loader, program];
}
