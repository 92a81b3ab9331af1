/** The front door. Everything it does is in program.ts, where tests can reach it. */
import { runProgram } from "./program.ts";

process.exitCode = await runProgram(process.argv.slice(2));
