/** `trunkline automation …`: the switch that holds back whatever nobody asked for by name. */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { Automation } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { withClient } from "../access/open-client.ts";
import type { GlobalOptions } from "../context.ts";
import { printJson, printText } from "../output/print.ts";

export function addAutomationCommands(program: Command): void {
  const automation = program.command("automation").description("hold automatic moves back, or let them go on");
  automation
    .command("show")
    .description("whether it is paused, since when, by whom and why")
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const looking = { acts: false, needsInventory: false };
      print(
        await withClient(
          options,
          looking,
          async ({ client }) => await client.call("automation.show", {}, { signal: askSignal() }),
        ),
        options,
      );
    });
  automation
    .command("pause")
    .argument("<reason>", "for those who wonder why nothing moves")
    .description("evacuations and balancing start no further move; what an operator asks for by name still goes")
    .action(async (reason: string, _: unknown, command: Command) => {
      await change(command.optsWithGlobals<GlobalOptions>(), reason);
    });
  automation
    .command("resume")
    .description("let automatic moves go on")
    .action(async (_: unknown, command: Command) => {
      await change(command.optsWithGlobals<GlobalOptions>(), undefined);
    });
}

async function change(options: GlobalOptions, reason: string | undefined): Promise<void> {
  const acting = { acts: true, needsInventory: false };
  const automation = await withClient(options, acting, async ({ client }) => {
    const asked = { signal: askSignal(), idempotencyKey: randomUUID() };
    if (reason === undefined) return await client.call("automation.resume", {}, asked);
    return await client.call("automation.pause", { body: { reason } }, asked);
  });
  print(automation, options);
}

function print(automation: Automation, options: GlobalOptions): void {
  if (options.json === true) printJson({ automation });
  else if (!automation.paused) printText("automation is on");
  else printText(`automation is paused since ${automation.since} by ${automation.by}: ${automation.reason}`);
}
