/** Messages of the event stream as bytes: WHATWG HTML, section 9.2. JSON has no line breaks, so one data line holds it. */
import type { ProgressMessage } from "@trunkline/api";
import type { LoggedEvent } from "@trunkline/model";
import { httpLimits } from "../limits.ts";

export const eventFrame = (event: LoggedEvent): Buffer => frame(`id: ${event.sequence}`, event);

/** The first message; it also tells a browser how long to wait before it comes back. */
export const readyFrame = (sequence: number): Buffer =>
  frame(`retry: ${httpLimits.eventRetryS * 1000}\nid: ${sequence}\nevent: ready`, { sequence });

export const resetFrame = (sequence: number): Buffer => frame(`id: ${sequence}\nevent: reset`, { sequence });

export const progressFrame = (message: ProgressMessage): Buffer => frame("event: progress", message);

export const heartbeatFrame = Buffer.from(":\n\n");

const frame = (head: string, data: object): Buffer => Buffer.from(`${head}\ndata: ${JSON.stringify(data)}\n\n`);
