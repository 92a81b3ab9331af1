/** What a host is and which guests it can run (libvirt, formatcaps; virConnectGetCapabilities). */
import { buildXml, parseXml } from "./document.ts";
import { attribute, find, findAll, textOf } from "./tree.ts";
import type { XmlElement } from "./tree.ts";
import { integerOf, memoryMiBOf, present, required } from "./values.ts";
import { XmlError } from "./xml-error.ts";

export interface HostCapabilities {
  readonly hostUuid: string;
  readonly arch: string;
  readonly cpuModel?: string;
  readonly cpuVendor?: string;
  /** The host's <cpu> element as text. */
  readonly cpuXml: string;
  readonly features: readonly string[];
  readonly numaCells: readonly NumaCell[];
  readonly guests: readonly GuestCapabilities[];
  readonly migrationTransports: readonly string[];
}

export interface NumaCell {
  readonly id: number;
  readonly memoryMiB: number;
  readonly cpus: readonly number[];
}

export interface GuestCapabilities {
  readonly arch: string;
  readonly domainTypes: readonly string[];
  readonly emulator?: string;
  /** Emulators of domain types that have one of their own. */
  readonly emulatorPerType: Readonly<Record<string, string>>;
  readonly machines: readonly MachineType[];
}

export interface MachineType {
  readonly name: string;
  /** The versioned machine an alias like "q35" stands for on this host. */
  readonly canonical?: string;
  readonly maxVcpus?: number;
  readonly isDeprecated: boolean;
}

export function parseCapabilities(xml: string): HostCapabilities {
  const root = parseXml(xml);
  if (root.name !== "capabilities") throw new XmlError(`The document is a <${root.name}>, not <capabilities>.`);
  const host = required(find(root, "host"), "<host>");
  const cpu = required(find(host, "cpu"), "<cpu> of the host");
  return {
    hostUuid: required(textOf(find(host, "uuid")), "uuid of the host").toLowerCase(),
    arch: required(textOf(find(cpu, "arch")), "architecture of the host"),
    ...present("cpuModel", textOf(find(cpu, "model"))),
    ...present("cpuVendor", textOf(find(cpu, "vendor"))),
    cpuXml: buildXml(cpu),
    features: findAll(cpu, "feature").map((feature) => required(attribute(feature, "name"), "name of a CPU feature")),
    numaCells: findAll(host, "topology", "cells", "cell").map(readCell),
    guests: findAll(root, "guest").flatMap((guest) => findAll(guest, "arch").map(readGuest)),
    migrationTransports: findAll(host, "migration_features", "uri_transports", "uri_transport").flatMap(
      (transport) => textOf(transport) ?? [],
    ),
  };
}

function readCell(cell: XmlElement): NumaCell {
  return {
    id: required(integerOf(attribute(cell, "id"), "The id of a NUMA cell"), "id of a NUMA cell"),
    memoryMiB: memoryMiBOf(find(cell, "memory")) ?? 0,
    cpus: findAll(cell, "cpus", "cpu").flatMap((cpu) => integerOf(attribute(cpu, "id"), "The id of a CPU") ?? []),
  };
}

function readGuest(arch: XmlElement): GuestCapabilities {
  const domains = findAll(arch, "domain");
  return {
    arch: required(attribute(arch, "name"), "name of a guest architecture"),
    domainTypes: domains.map((domain) => required(attribute(domain, "type"), "type of a guest domain")),
    ...present("emulator", textOf(find(arch, "emulator"))),
    emulatorPerType: Object.fromEntries(
      domains.flatMap((domain) => {
        const emulator = textOf(find(domain, "emulator"));
        return emulator === undefined ? [] : [[attribute(domain, "type") ?? "", emulator] as const];
      }),
    ),
    machines: uniqueByName([...findAll(arch, "machine"), ...findAll(arch, "domain", "machine")].map(readMachine)),
  };
}

function readMachine(machine: XmlElement): MachineType {
  return {
    name: required(textOf(machine), "name of a machine type"),
    ...present("canonical", attribute(machine, "canonical")),
    ...present("maxVcpus", integerOf(attribute(machine, "maxCpus"), "The CPU limit of a machine type")),
    isDeprecated: attribute(machine, "deprecated") === "yes",
  };
}

/** A domain type that repeats the machines of its architecture adds nothing. */
function uniqueByName(machines: readonly MachineType[]): readonly MachineType[] {
  return [...new Map(machines.map((machine) => [machine.name, machine])).values()];
}
