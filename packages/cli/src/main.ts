/** The front door. Everything it does is in program.ts, where tests can reach it. */
import { setMaxListeners } from "node:events";
import { limits } from "./limits.ts";
import { runProgram } from "./program.ts";

// One signal ends everything that a command has under way, which may be a question to each host of a cluster.
setMaxListeners(limits.listenersOfSignal);

process.exitCode = await runProgram(process.argv.slice(2));
