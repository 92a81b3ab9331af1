/** `trunkline fabric load`: what flows and moves put on each link, in each direction, before, during and after. */
import type { Command } from "commander";
import { indexFabric, linkLoads, loadOverTime } from "@trunkline/fabric";
import type { Fabric, LinkLoad, LoadTimeline, MoveLoad } from "@trunkline/fabric";
import { TrunklineError } from "@trunkline/model";
import { movesOf, openFabric, readText } from "../fabric/open-fabric.ts";
import type { FabricOptions } from "../fabric/open-fabric.ts";
import { printJson, printText } from "../output/print.ts";
import { rate } from "../output/fabric-text.ts";
import { table } from "../output/table.ts";

interface LoadOptions extends FabricOptions {
  readonly moves?: string;
  readonly all?: boolean;
}

export function addFabricLoadCommand(fabric: Command): void {
  fabric
    .command("load")
    .option("--file <document>", "a fabric document instead of what the controller sees")
    .option(
      "--moves <vm=host,…>",
      "these moves at the same time; or a JSON file: [{ endpoint, target, bytes, capBps }]",
    )
    .option("--all", "links without load as well")
    .description("what flows and moves put on each link, in each direction: before, during the moves, and after")
    .action(async (_: unknown, command: Command) => {
      await load(command.optsWithGlobals<LoadOptions>());
    });
}

async function load(options: LoadOptions): Promise<void> {
  const fabric = await openFabric(options);
  const index = indexFabric(fabric);
  const moves = loadsOf(options.moves, fabric);
  const report = linkLoads(index, { moves });
  const timeline = moves.length === 0 ? null : loadOverTime(index, { moves });
  if (options.json === true) {
    printJson({ ...report, links: report.links.map(linkView), timeline });
    return;
  }
  const links = options.all === true ? report.links : report.links.filter(isLoaded);
  printText(
    [
      links.length === 0 ? "no flow is described and no move was named: no link has a load" : loadTable(links),
      ...report.moves.map((move) =>
        move.kind === "unknown"
          ? `${move.endpoint} to ${move.target}: ${move.why}`
          : `${move.endpoint} to ${move.target}: ${rate(move.bps)}${move.kind === "estimate" ? " at most" : ""}, limited by ${limitText(move.limitedBy)}`,
      ),
      ...(timeline === null ? [] : timelineLines(timeline)),
      ...uncounted(report.uncountedFlows.before.length),
    ].join("\n"),
  );
}

const isLoaded = ({ baseBps, afterBps, moves }: LinkLoad): boolean => baseBps > 0 || afterBps > 0 || moves.length > 0;

/** The contract's row: `direction` names the two devices, from the one that sends. */
function linkView(load: LinkLoad): Record<string, unknown> {
  const { capacityBps, duringBps } = load;
  return {
    ...load,
    direction: `${load.from}>${load.to}`,
    capacityBps: capacityBps ?? null,
    duringBps: duringBps ?? null,
  };
}

const loadTable = (links: readonly LinkLoad[]): string =>
  table(links, [
    { title: "LINK", value: (link) => link.link },
    { title: "FROM", value: (link) => link.from },
    {
      title: "CAPACITY",
      value: ({ capacityBps }) => (capacityBps === undefined ? "–" : rate(capacityBps)),
      isNumber: true,
    },
    { title: "BEFORE", value: (link) => rate(link.baseBps), isNumber: true },
    { title: "DURING", value: ({ duringBps }) => (duringBps === undefined ? "–" : rate(duringBps)), isNumber: true },
    { title: "AFTER", value: (link) => rate(link.afterBps), isNumber: true },
    {
      title: "PEAK",
      value: ({ utilisation: { during } }) => (during.known ? `${Math.round(during.value * 100)} %` : "–"),
      isNumber: true,
    },
  ]);

const limitText = (limitedBy: string | { readonly kind: string }): string =>
  typeof limitedBy === "string" ? limitedBy : limitedBy.kind;

const timelineLines = ({ makespanMs, moves }: LoadTimeline): readonly string[] => [
  ...moves.map((move) => {
    switch (move.kind) {
      case "ended":
        return `${move.endpoint}: ${(move.startMs / 1000).toFixed(1)} s to ${(move.endMs / 1000).toFixed(1)} s, ${rate(move.averageBps)} on average`;
      case "never-ends":
        return `${move.endpoint}: never ends: ${move.why}`;
      case "unknown":
        return `${move.endpoint}: ${move.why}`;
    }
  }),
  `all moves end after ${(makespanMs / 1000).toFixed(1)} s`,
];

const uncounted = (count: number): readonly string[] =>
  count === 0 ? [] : [`${count} flow(s) could not be placed, so all figures are lower bounds`];

/** Whatever is not said of a move follows from the fabric: its bytes are the endpoint's memory. */
function loadsOf(text: string | undefined, fabric: Fabric): readonly MoveLoad[] {
  if (text === undefined) return [];
  if (text.includes("=")) return movesOf(text, fabric);
  let data: unknown;
  try {
    data = JSON.parse(readText(text));
  } catch (error) {
    if (error instanceof TrunklineError) throw error;
    throw new TrunklineError("usage.invalid", `${text} is neither VM=HOST nor a file of moves in JSON`);
  }
  const isMove = (value: unknown): value is MoveLoad =>
    typeof value === "object" && value !== null && "endpoint" in value && "target" in value;
  if (!Array.isArray(data) || !data.every(isMove))
    throw new TrunklineError("usage.invalid", `${text} does not hold a list of { endpoint, target }`);
  movesOf(data.map(({ endpoint, target }) => `${endpoint}=${target}`).join(","), fabric);
  return data;
}
