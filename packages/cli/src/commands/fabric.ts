/** `trunkline fabric …`: what the network is, which way traffic takes, what is wrong with it, and mending it. */
import type { Command } from "commander";
import { flowPath, indexFabric, placementOf, sprawlReport, writeFabricDocument } from "@trunkline/fabric";
import type { Fabric, Flow } from "@trunkline/fabric";
import { TrunklineError } from "@trunkline/model";
import { findingsOf } from "../fabric/findings-of.ts";
import { mend } from "../fabric/mend.ts";
import { demandKnown, movesOf, openFabric } from "../fabric/open-fabric.ts";
import type { FabricOptions } from "../fabric/open-fabric.ts";
import { exitCode, printJson, printText } from "../output/print.ts";
import { findingLines, pathText, pathView, sprawlText } from "../output/fabric-text.ts";
import { table } from "../output/table.ts";
import { addFabricLoadCommand } from "./fabric-load.ts";
import { addFabricSourceCommands } from "./fabric-sources.ts";

interface CheckOptions extends FabricOptions {
  readonly move?: string;
}

interface PathOptions extends FabricOptions {
  readonly after?: string;
}

interface MendOptions extends CheckOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const fileOption = ["--file <document>", "a fabric document instead of what the controller sees"] as const;

export function addFabricCommands(program: Command): void {
  const fabric = program
    .command("fabric")
    .description("the network: what it is, what is wrong, which way traffic takes");
  fabric
    .command("show")
    .option(...fileOption)
    .description("sites, devices, segments and gateways; the whole document with --json")
    .action(async (_: unknown, command: Command) => {
      await show(command.optsWithGlobals<FabricOptions>());
    });
  fabric
    .command("check")
    .option(...fileOption)
    .option("--move <vm=host,…>", "what these moves would do, besides")
    .description("what is wrong with the fabric, each with what mends it; exit 1 when something blocks")
    .action(async (_: unknown, command: Command) => {
      await check(command.optsWithGlobals<CheckOptions>());
    });
  fabric
    .command("path")
    .argument("<from>", "an endpoint by name or address")
    .argument("<to>", "another one")
    .option(...fileOption)
    .option("--after <vm=host,…>", "with these VMs in other places")
    .description("which way traffic takes, there and back")
    .action(async (from: string, to: string, _: unknown, command: Command) => {
      await path(from, to, command.optsWithGlobals<PathOptions>());
    });
  fabric
    .command("mend")
    .option("--move <vm=host,…>", "what these moves need, besides")
    .option("--dry-run", "show the changes; touch nothing")
    .option("--yes", "apply them without asking")
    .description(
      "apply the repairs that Open vSwitch can take: shown first, read back afterwards, undone when one fails",
    )
    .action(async (_: unknown, command: Command) => {
      await mend(command.optsWithGlobals<MendOptions>());
    });
  fabric
    .command("sprawl")
    .option(...fileOption)
    .description("VLANs that trunks allow and nobody needs")
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<FabricOptions>();
      const report = sprawlReport(indexFabric(await openFabric(options)));
      if (options.json === true) printJson(report);
      else printText(sprawlText(report));
    });
  addFabricLoadCommand(fabric);
  addFabricSourceCommands(fabric);
}

async function show(options: FabricOptions): Promise<void> {
  const fabric = await openFabric(options);
  if (options.json === true) {
    printJson({ ...fabric, document: writeFabricDocument(fabric) });
    return;
  }
  const ports = fabric.devices.reduce((sum, device) => sum + device.ports.length, 0);
  printText(
    [
      `${fabric.sites.length} sites, ${fabric.devices.length} devices with ${ports} ports, ${fabric.links.length} links, ` +
        `${fabric.segments.length} segments, ${fabric.gateways.length} gateways, ${fabric.endpoints.length} endpoints, ${fabric.flows.length} flows`,
      "",
      table(fabric.devices, [
        { title: "DEVICE", value: (device) => device.name },
        { title: "KIND", value: (device) => device.kind },
        { title: "SITE", value: (device) => device.site ?? "–" },
        { title: "PORTS", value: (device) => String(device.ports.length), isNumber: true },
        { title: "VMS", value: (device) => String(vmsAt(fabric, device.name)), isNumber: true },
      ]),
      "",
      table(fabric.segments, [
        { title: "SEGMENT", value: (segment) => segment.name },
        { title: "VLAN", value: (segment) => String(segment.vlan), isNumber: true },
        { title: "SUBNETS", value: (segment) => segment.subnets.join(", ") || "–" },
        { title: "GATEWAYS", value: (segment) => gatewaysIn(fabric, segment.name) },
      ]),
    ].join("\n"),
  );
}

const vmsAt = (fabric: Fabric, device: string): number =>
  fabric.endpoints.filter((endpoint) => endpoint.kind === "vm" && endpoint.device === device).length;

const gatewaysIn = (fabric: Fabric, segment: string): string =>
  fabric.gateways
    .filter((gateway) => gateway.segment === segment)
    .map((gateway) => `${gateway.address} (${gateway.kind})`)
    .join(", ") || "–";

async function check(options: CheckOptions): Promise<void> {
  const fabric = await openFabric(options);
  const findings = findingsOf(fabric, movesOf(options.move, fabric));
  if (options.json === true) printJson({ findings });
  else printText(findingLines(findings));
  process.exitCode = findings.some(({ severity }) => severity === "block") ? exitCode.failed : exitCode.success;
}

async function path(from: string, to: string, options: PathOptions): Promise<void> {
  const fabric = await openFabric(options);
  const index = indexFabric(fabric);
  const flow: Flow = {
    name: `${from} to ${to}`,
    from: endpointOf(fabric, from),
    to: endpointOf(fabric, to),
    rateBps: 0,
  };
  const found = flowPath(index, flow, placementOf(movesOf(options.after, fabric)));
  if (options.json === true) printJson(pathView(found));
  else printText(pathText(found));
  const isBroken = found.forward.kind === "broken" || found.reverse.kind === "broken";
  process.exitCode = isBroken ? exitCode.failed : exitCode.success;
}

function endpointOf(fabric: Fabric, text: string): string {
  const byAddress = fabric.endpoints.filter((endpoint) => endpoint.nics.some((nic) => nic.addresses.includes(text)));
  const [first, second] = byAddress;
  if (second !== undefined)
    throw new TrunklineError(
      "fabric.unknown",
      `${text} is the address of ${byAddress.map(({ name }) => name).join(" and ")}`,
      {
        hint: "Name one of them.",
      },
    );
  if (first !== undefined) return first.name;
  demandKnown("endpoint", text, new Set(fabric.endpoints.map(({ name }) => name)));
  return text;
}
