/** What the speaker is told: the groups of one device. Written by the lab (gateway/hsrp-daemon.ts), read by main.ts. */
import { z } from "zod";

const groupSchema = z.object({
  group: z.int(),
  priority: z.int(),
  preempts: z.boolean(),
  helloTimeS: z.int(),
  holdTimeS: z.int(),
  virtualAddress: z.string(),
  virtualMac: z.string(),
  ownAddress: z.string(),
  /** The segment's subnet: who speaks from it speaks of this group. */
  subnet: z.string(),
  device: z.string(),
  virtualDevice: z.string(),
});

export const configurationSchema = z.object({
  groups: z.array(groupSchema),
  /** Gets the speaker's process id as soon as it hears and speaks. */
  readyFile: z.string(),
});

export type GroupConfiguration = Readonly<z.output<typeof groupSchema>>;
export type SpeakerConfiguration = Readonly<z.output<typeof configurationSchema>>;
