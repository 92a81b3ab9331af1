/** `trunkline serve`: the controller as a service. */
import type { Command } from "commander";
import { detach, stop } from "../serve/detach.ts";
import { serve } from "../serve/serve.ts";
import type { ServeOptions } from "../serve/serve.ts";

export function addServeCommand(program: Command): void {
  program
    .command("serve")
    .description("the controller: observes, keeps the queue of moves, answers over HTTP; runs until it is interrupted")
    .option("--config <file>", "YAML; docs/operations.md describes every field")
    .option("--host <address>", "listen there (default: 127.0.0.1; anything but loopback needs TLS)")
    .option("--port <n>", "listen there (default: 8440; 0 lets the system choose)")
    .option("--simulated", "a cluster that exists in this process only: the whole product without root")
    .option("--seed <n>", "of the simulated cluster")
    .option("--detach", "start it in the background, wait until it answers, say where; its log is beside the store")
    .option("--stop", "stop the one that runs on the state folder")
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<ServeOptions>();
      if (options.stop === true) await stop(options);
      else if (options.detach === true) await detach(options);
      else await serve(options);
    });
}
