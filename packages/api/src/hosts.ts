/** Hosts as they are seen, and how one is taken in. */
import { z } from "zod";
import type { HostObservation, HostReach, Version } from "@trunkline/model";
import { limits } from "./limits.ts";
import { hostNameText, newHostName, plainText, timestamp } from "./names.ts";
import { shaped } from "./shaped.ts";

const version = shaped<Version>()(z.object({ major: z.number(), minor: z.number(), patch: z.number() }));

const hostReachSchema = shaped<HostReach>()(
  z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("up") }),
    z.object({ kind: z.literal("unreachable"), since: timestamp, why: z.string() }),
    z.object({ kind: z.literal("not-asked-yet") }),
  ]),
);

export const maintenanceState = z.enum(["no", "entering", "in"]);

export const hostSchema = shaped<HostObservation>()(
  z
    .object({
      name: hostNameText,
      uri: z.string(),
      reach: hostReachSchema,
      observedAt: timestamp.nullable(),
      figures: z
        .object({
          hostname: z.string(),
          hostUuid: z.string(),
          arch: z.string(),
          libvirtVersion: version,
          hypervisorVersion: version,
          cpuThreads: z.number(),
          cpuUsedRatio: z.number().nullable(),
          memoryMiB: z.number(),
          memoryFreeMiB: z.number(),
        })
        .nullable()
        .describe("What it said when it was last asked; null before its first answer."),
      maintenance: maintenanceState,
    })
    .meta({ id: "Host" }),
);

export const hostListSchema = z.object({ items: z.array(hostSchema) });

const text = plainText(limits.uriChars);
const budget = z.int().min(0).max(1_000);

/** The fields of a host of the inventory file. */
export const newHostSchema = z.strictObject({
  name: newHostName.exactOptional().describe("What it is called here; without it, its own name."),
  uri: text
    .regex(/^qemu(\+(unix|tcp|tls|ssh))?:\/\//, "a libvirt URI such as qemu+ssh://root@host/system")
    .describe("How the controller reaches its libvirt."),
  peerUri: text.exactOptional().describe("How other hosts reach its libvirt; needed only for peer-to-peer moves."),
  memoryMiB: z.int().min(1).max(1_073_741_824).exactOptional().describe("What its VMs may use together."),
  cpuThreads: z.int().min(1).max(65_536).exactOptional().describe("Threads that its VMs may use together."),
  migration: z
    .strictObject({
      address: z.union([z.ipv4(), z.ipv6()]),
      vlan: z.int().min(1).max(4094).exactOptional(),
      port: text.exactOptional(),
      rateBps: z.int().min(1).max(limits.rateBpsMax).exactOptional(),
    })
    .exactOptional()
    .describe("Its foot in the migration network."),
  virtualSwitch: z
    .strictObject({
      bridge: text,
      ovsdb: text,
      control: text.exactOptional(),
      openflow: text.exactOptional(),
    })
    .exactOptional(),
  shell: z
    .array(text)
    .min(1)
    .max(limits.commandWords)
    .exactOptional()
    .describe("Command prefix that runs a command on the host. Only an admin may give one: the controller runs it."),
  moveBudget: z
    .strictObject({ in: budget.exactOptional(), out: budget.exactOptional() })
    .exactOptional()
    .describe("How many moves it may take part in at a time."),
});
