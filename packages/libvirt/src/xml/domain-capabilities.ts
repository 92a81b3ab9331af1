/**
 * What one emulator can do for one machine type and domain type (libvirt, formatdomaincaps;
 * virConnectGetDomainCapabilities): above all, which CPUs a guest may ask for.
 */
import { readCpuFeatures } from "./domain.ts";
import type { CpuFeature } from "./domain.ts";
import { parseXml } from "./document.ts";
import { attribute, find, findAll, textOf } from "./tree.ts";
import type { XmlElement } from "./tree.ts";
import { integerOf, present, required } from "./values.ts";
import { XmlError } from "./xml-error.ts";

export interface DomainCapabilities {
  readonly emulator: string;
  readonly machine?: string;
  readonly arch: string;
  readonly domainType: string;
  readonly maxVcpus?: number;
  readonly loaderPaths: readonly string[];
  readonly firmwares: readonly string[];
  /** Modes that are supported: "host-passthrough", "maximum", "host-model", "custom". */
  readonly cpuModes: readonly string[];
  /** What mode host-model would give a guest here. */
  readonly hostModel?: HostModel;
  readonly customModels: readonly CustomModel[];
  readonly diskDeviceKinds: readonly string[];
  readonly diskBuses: readonly string[];
  readonly filesystemDrivers: readonly string[];
  readonly tpmBackends: readonly string[];
}

export interface HostModel {
  readonly model: string;
  readonly vendor?: string;
  readonly features: readonly CpuFeature[];
}

export interface CustomModel {
  readonly name: string;
  /** Whether a guest with this model can run on this host; "unknown" where libvirt could not tell. */
  readonly usable: "yes" | "no" | "unknown";
  readonly vendor?: string;
}

export function parseDomainCapabilities(xml: string): DomainCapabilities {
  const root = parseXml(xml);
  if (root.name !== "domainCapabilities")
    throw new XmlError(`The document is a <${root.name}>, not <domainCapabilities>.`);
  const os = find(root, "os");
  const modes = findAll(root, "cpu", "mode").filter((mode) => attribute(mode, "supported") === "yes");
  const modeOf = (name: string): XmlElement | undefined => modes.find((mode) => attribute(mode, "name") === name);
  const devices = find(root, "devices");
  return {
    emulator: required(textOf(find(root, "path")), "<path> of the emulator"),
    ...present("machine", textOf(find(root, "machine"))),
    arch: required(textOf(find(root, "arch")), "<arch>"),
    domainType: required(textOf(find(root, "domain")), "<domain> type"),
    ...present("maxVcpus", integerOf(attribute(find(root, "vcpu"), "max"), "The CPU limit")),
    loaderPaths: findAll(os, "loader", "value").flatMap((value) => textOf(value) ?? []),
    firmwares: enumOf(os, "firmware"),
    cpuModes: modes.flatMap((mode) => attribute(mode, "name") ?? []),
    ...present("hostModel", readHostModel(modeOf("host-model"))),
    customModels: findAll(modeOf("custom"), "model").map(readCustomModel),
    diskDeviceKinds: enumOf(find(devices, "disk"), "diskDevice"),
    diskBuses: enumOf(find(devices, "disk"), "bus"),
    filesystemDrivers: enumOf(find(devices, "filesystem"), "driverType"),
    tpmBackends: enumOf(find(devices, "tpm"), "backendModel"),
  };
}

function enumOf(parent: XmlElement | undefined, name: string): readonly string[] {
  const list = findAll(parent, "enum").find((candidate) => attribute(candidate, "name") === name);
  return findAll(list, "value").flatMap((value) => textOf(value) ?? []);
}

function readHostModel(mode: XmlElement | undefined): HostModel | undefined {
  const model = textOf(find(mode, "model"));
  if (model === undefined) return undefined;
  return { model, ...present("vendor", textOf(find(mode, "vendor"))), features: readCpuFeatures(mode) };
}

function readCustomModel(model: XmlElement): CustomModel {
  const usable = attribute(model, "usable");
  const vendor = attribute(model, "vendor");
  return {
    name: required(textOf(model), "name of a CPU model"),
    usable: usable === "yes" || usable === "no" ? usable : "unknown",
    ...present("vendor", vendor === "unknown" ? undefined : vendor),
  };
}
