/** `trunkline audit list`: who did what, refusals as well. */
import type { Command } from "commander";
import { askSignal } from "../access/ask-signal.ts";
import { withClient } from "../access/open-client.ts";
import type { GlobalOptions } from "../context.ts";
import { printJson, printText } from "../output/print.ts";
import { table } from "../output/table.ts";

const listed = 100;

export function addAuditCommands(program: Command): void {
  const audit = program.command("audit").description("who did what");
  audit
    .command("list")
    .description("the newest deeds, refusals as well")
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const { items } = await withClient(
        options,
        { acts: false, needsInventory: false },
        async ({ client }) => await client.call("audit.list", { query: { limit: listed } }, { signal: askSignal() }),
      );
      if (options.json === true) printJson({ audit: items });
      else
        printText(
          table(items, [
            { title: "AT", value: (row) => row.at },
            { title: "WHO", value: (row) => row.actor },
            { title: "ROLE", value: (row) => row.role },
            { title: "DEED", value: (row) => row.action },
            { title: "SUBJECT", value: (row) => row.subject },
            { title: "STATUS", value: (row) => String(row.status), isNumber: true },
          ]),
        );
    });
}
