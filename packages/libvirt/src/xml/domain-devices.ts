/** Devices of a domain that may tie it to its host: passed-through hardware, local files, sockets, shared folders, TPM. */
import { attribute, elementsOf, find, findAll } from "./tree.ts";
import type { XmlElement } from "./tree.ts";
import { integerOf, isYes, present } from "./values.ts";

export interface HostDevice {
  /** "pci", "usb", "scsi", "scsi_host", "mdev", "storage", "misc", "net"… */
  readonly kind: string;
  /** As an operator would write it: 0000:06:02.0, 1234:beef, the uuid of a mediated device. */
  readonly address: string;
}

export interface CharacterDevice {
  readonly role: "serial" | "parallel" | "console" | "channel";
  /** "pty", "file", "dev", "unix", "tcp"… */
  readonly kind: string;
  /** File, device or socket on the host, where the device has one. */
  readonly hostPath?: string;
}

export interface DomainFilesystem {
  readonly kind: "virtiofs" | "9p" | "other";
  readonly source?: string;
  /** The mount tag the guest sees. */
  readonly target?: string;
}

export interface DomainTpm {
  readonly model?: string;
  /** "emulator" keeps its state in files of the host; "passthrough" is the host's chip. */
  readonly backend: string;
  readonly version?: string;
  readonly devicePath?: string;
}

export interface DomainGraphics {
  readonly kind: string;
  readonly listen?: string;
  readonly port?: number;
  readonly isAutoPort: boolean;
}

export function readHostDevices(devices: XmlElement | undefined): readonly HostDevice[] {
  return findAll(devices, "hostdev").map((device) => {
    const kind = attribute(device, "type") ?? "unknown";
    return { kind, address: addressOf(kind, find(device, "source")) };
  });
}

export function readCharacterDevices(devices: XmlElement | undefined): readonly CharacterDevice[] {
  return elementsOf(devices).flatMap((device) => {
    const role = roleOf(device.name);
    const kind = attribute(device, "type") ?? "pty";
    // The path of a pty is chosen anew wherever the domain starts.
    const path = kind === "pty" ? undefined : attribute(find(device, "source"), "path");
    return role === undefined ? [] : [{ role, kind, ...present("hostPath", path) }];
  });
}

export function readFilesystems(devices: XmlElement | undefined): readonly DomainFilesystem[] {
  return findAll(devices, "filesystem").map((filesystem) => {
    const source = find(filesystem, "source");
    return {
      kind: filesystemKind(filesystem),
      ...present("source", attribute(source, "dir") ?? attribute(source, "file") ?? attribute(source, "socket")),
      ...present("target", attribute(find(filesystem, "target"), "dir")),
    };
  });
}

export function readTpm(tpm: XmlElement | undefined): DomainTpm | undefined {
  if (tpm === undefined) return undefined;
  const backend = find(tpm, "backend");
  return {
    ...present("model", attribute(tpm, "model")),
    backend: attribute(backend, "type") ?? "passthrough",
    ...present("version", attribute(backend, "version")),
    ...present("devicePath", attribute(find(backend, "device"), "path")),
  };
}

/** Passwords, which dumpxml prints when asked to, are left where they are. */
export function readGraphics(devices: XmlElement | undefined): readonly DomainGraphics[] {
  return findAll(devices, "graphics").map((graphics) => ({
    kind: attribute(graphics, "type") ?? "unknown",
    ...present("listen", attribute(graphics, "listen") ?? attribute(find(graphics, "listen"), "address")),
    ...present("port", integerOf(attribute(graphics, "port"), "The port of <graphics>")),
    isAutoPort: isYes(attribute(graphics, "autoport")),
  }));
}

function roleOf(name: string): CharacterDevice["role"] | undefined {
  return name === "serial" || name === "parallel" || name === "console" || name === "channel" ? name : undefined;
}

/** formatdomain, "Filesystems": a mount without a driver type is 9p; ram, block and the rest are for containers. */
function filesystemKind(filesystem: XmlElement): DomainFilesystem["kind"] {
  const driver = attribute(find(filesystem, "driver"), "type");
  if (driver === "virtiofs") return "virtiofs";
  const isMount = (attribute(filesystem, "type") ?? "mount") === "mount";
  return isMount && (driver === undefined || driver === "path" || driver === "handle") ? "9p" : "other";
}

function addressOf(kind: string, source: XmlElement | undefined): string {
  const address = find(source, "address");
  switch (kind) {
    case "pci":
      return pciAddress(address);
    case "usb": {
      const vendor = attribute(find(source, "vendor"), "id");
      const product = attribute(find(source, "product"), "id");
      if (vendor !== undefined && product !== undefined) return `${hexDigits(vendor, 4)}:${hexDigits(product, 4)}`;
      return `bus ${attribute(address, "bus") ?? "?"} device ${attribute(address, "device") ?? "?"}`;
    }
    case "mdev":
      return attribute(address, "uuid") ?? "";
    default:
      // SCSI, storage, misc and net name their device in one way each; all of it is text for an operator.
      return elementsOf(source)
        .flatMap((part) => [...part.attributes.values()])
        .join(":");
  }
}

function pciAddress(address: XmlElement | undefined): string {
  const part = (name: string, digits: number): string => hexDigits(attribute(address, name) ?? "0", digits);
  return `${part("domain", 4)}:${part("bus", 2)}:${part("slot", 2)}.${part("function", 1)}`;
}

function hexDigits(text: string, digits: number): string {
  return text.replace(/^0x/iu, "").toLowerCase().padStart(digits, "0");
}
