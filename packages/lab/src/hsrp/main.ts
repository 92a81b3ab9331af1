/**
 * The HSRP speaker as a process: `main.ts CONFIGURATION`, inside the namespace of the device that it speaks for. Ends on
 * SIGTERM, after it has resigned; killed, it leaves its interfaces to the next one or to the lab.
 */
import { readFileSync } from "node:fs";
import { configurationSchema } from "./configuration.ts";
import { speak } from "./speaker.ts";

const [, , file = ""] = process.argv;
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
await speak(configurationSchema.parse(JSON.parse(readFileSync(file, "utf8"))), stopping.signal);
