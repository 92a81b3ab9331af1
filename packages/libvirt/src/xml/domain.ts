/**
 * A domain's XML as data: what decides whether and where a VM can run, and what a migration must carry over.
 * It describes; it is not the whole document. To change a domain, edit its XML (domain-edit.ts).
 */
import { readCharacterDevices, readFilesystems, readGraphics, readHostDevices, readTpm } from "./domain-devices.ts";
import type { CharacterDevice, DomainFilesystem, DomainGraphics, DomainTpm, HostDevice } from "./domain-devices.ts";
import { readDisks } from "./domain-disks.ts";
import type { DomainDisk } from "./domain-disks.ts";
import { readNics } from "./domain-nics.ts";
import type { DomainNic } from "./domain-nics.ts";
import { buildXml, parseXml } from "./document.ts";
import { attribute, find, findAll, textOf } from "./tree.ts";
import type { XmlElement } from "./tree.ts";
import { integerOf, isYes, memoryMiBOf, present, required } from "./values.ts";
import { XmlError } from "./xml-error.ts";

export interface DomainDescription {
  readonly name: string;
  readonly uuid: string;
  readonly title?: string;
  readonly type: "qemu" | "kvm";
  /** What the guest may reach at most; what it has now is `currentMemoryMiB`. Fractions occur. */
  readonly memoryMiB: number;
  readonly currentMemoryMiB: number;
  /** virtual CPUs in use now, and how many may be plugged. */
  readonly vcpus: number;
  readonly maxVcpus: number;
  readonly arch: string;
  readonly machine?: string;
  readonly emulator?: string;
  readonly loader?: DomainLoader;
  readonly nvram?: string;
  /** Automatic firmware selection: "efi" or "bios". */
  readonly firmware?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly cpu: DomainCpu | undefined;
  readonly hasHugePages: boolean;
  /** Memory encryption: "sev", "s390-pv"… */
  readonly launchSecurity?: string;
  readonly disks: readonly DomainDisk[];
  readonly nics: readonly DomainNic[];
  readonly hostDevices: readonly HostDevice[];
  readonly characterDevices: readonly CharacterDevice[];
  readonly filesystems: readonly DomainFilesystem[];
  readonly tpm?: DomainTpm;
  readonly graphics: readonly DomainGraphics[];
  /** The <metadata> element as text; its children belong to applications. */
  readonly metadata?: string;
}

export interface DomainLoader {
  readonly path?: string;
  readonly type?: string;
  readonly isReadonly: boolean;
  readonly isSecure: boolean;
}

export interface DomainCpu {
  /** "custom", "host-model", "host-passthrough" or "maximum". */
  readonly mode: string;
  readonly model?: string;
  readonly vendor?: string;
  readonly features: readonly CpuFeature[];
  /** The <cpu> element as text, for libvirt's CPU comparison. */
  readonly xml: string;
}

export interface CpuFeature {
  readonly name: string;
  /** "force", "require", "optional", "disable" or "forbid". */
  readonly policy: string;
}

export function parseDomain(xml: string): DomainDescription {
  const domain = parseXml(xml);
  if (domain.name !== "domain") throw new XmlError(`The document is a <${domain.name}>, not a <domain>.`);
  const devices = find(domain, "devices");
  const os = find(domain, "os");
  const osType = find(os, "type");
  const memoryMiB = required(memoryMiBOf(find(domain, "memory")), "<memory>");
  const maxVcpus = integerOf(textOf(find(domain, "vcpu")), "<vcpu>") ?? 1;
  return {
    name: required(textOf(find(domain, "name")), "<name>"),
    uuid: required(textOf(find(domain, "uuid")), "<uuid>").toLowerCase(),
    ...present("title", textOf(find(domain, "title"))),
    type: domainTypeOf(attribute(domain, "type")),
    memoryMiB,
    currentMemoryMiB: memoryMiBOf(find(domain, "currentMemory")) ?? memoryMiB,
    vcpus: integerOf(attribute(find(domain, "vcpu"), "current"), "The current number of <vcpu>") ?? maxVcpus,
    maxVcpus,
    arch: required(attribute(osType, "arch"), "architecture in <os><type>"),
    ...present("machine", attribute(osType, "machine")),
    ...present("emulator", textOf(find(devices, "emulator"))),
    ...present("loader", readLoader(find(os, "loader"))),
    ...present("nvram", nvramOf(find(os, "nvram"))),
    ...present("firmware", attribute(os, "firmware")),
    ...present("kernel", textOf(find(os, "kernel"))),
    ...present("initrd", textOf(find(os, "initrd"))),
    cpu: readDomainCpu(find(domain, "cpu")),
    hasHugePages: find(domain, "memoryBacking", "hugepages") !== undefined,
    ...present("launchSecurity", attribute(find(domain, "launchSecurity"), "type")),
    disks: readDisks(devices),
    nics: readNics(devices),
    hostDevices: readHostDevices(devices),
    characterDevices: readCharacterDevices(devices),
    filesystems: readFilesystems(devices),
    ...present("tpm", readTpm(find(devices, "tpm"))),
    graphics: readGraphics(devices),
    ...present("metadata", textOfElement(find(domain, "metadata"))),
  };
}

/** The <cpu> element of a domain's XML as text, or undefined where libvirt chooses the CPU. */
export function domainCpuXml(xml: string): string | undefined {
  return textOfElement(find(parseXml(xml), "cpu"));
}

export function readCpuFeatures(cpu: XmlElement | undefined): readonly CpuFeature[] {
  return findAll(cpu, "feature").map((feature) => ({
    name: required(attribute(feature, "name"), "name of a CPU feature"),
    policy: attribute(feature, "policy") ?? "require",
  }));
}

function textOfElement(element: XmlElement | undefined): string | undefined {
  return element === undefined ? undefined : buildXml(element);
}

function readDomainCpu(cpu: XmlElement | undefined): DomainCpu | undefined {
  if (cpu === undefined) return undefined;
  return {
    // formatdomain, "CPU model and topology": an element without a mode is a custom one.
    mode: attribute(cpu, "mode") ?? "custom",
    ...present("model", textOf(find(cpu, "model"))),
    ...present("vendor", textOf(find(cpu, "vendor"))),
    features: readCpuFeatures(cpu),
    xml: buildXml(cpu),
  };
}

function readLoader(loader: XmlElement | undefined): DomainLoader | undefined {
  if (loader === undefined) return undefined;
  return {
    ...present("path", textOf(loader)),
    ...present("type", attribute(loader, "type")),
    isReadonly: isYes(attribute(loader, "readonly")),
    isSecure: isYes(attribute(loader, "secure")),
  };
}

/** The path stands in the element, or since libvirt 8.5 in a <source file=…> below it. */
function nvramOf(nvram: XmlElement | undefined): string | undefined {
  const source = find(nvram, "source");
  return textOf(nvram) ?? attribute(source, "file") ?? attribute(source, "dev");
}

function domainTypeOf(type: string | undefined): "qemu" | "kvm" {
  if (type === "qemu" || type === "kvm") return type;
  throw new XmlError(`The domain is of type ${JSON.stringify(type ?? "")}; only qemu and kvm are known.`);
}
