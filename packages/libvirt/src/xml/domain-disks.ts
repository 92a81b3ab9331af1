/** Disks of a domain (formatdomain, "Hard drives, floppy disks, CDROMs"). */
import { attribute, find, findAll } from "./tree.ts";
import type { XmlElement } from "./tree.ts";
import { integerOf, present, required } from "./values.ts";

export interface DomainDisk {
  /** "disk", "cdrom", "floppy" or "lun". */
  readonly device: string;
  /** Name in the guest's order, e.g. "vda". Unique in a domain. */
  readonly target: string;
  readonly bus?: string;
  /** As written: "file", "block", "network", "volume", "dir", "nvme", "vhostuser"… */
  readonly type: string;
  readonly source: DiskSource;
  /** What the image is layered on, nearest first. Complete for a running domain; libvirt may not know it before. */
  readonly backingChain: readonly DiskSource[];
  readonly format?: string;
  readonly cache?: string;
  readonly readonly: boolean;
  readonly shareable: boolean;
}

export type DiskSource =
  /** An empty drive. */
  | { readonly kind: "none" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "block"; readonly path: string }
  | {
      readonly kind: "network";
      readonly protocol: string;
      readonly name: string;
      readonly hosts: readonly DiskHost[];
      readonly hasAuth: boolean;
    }
  | { readonly kind: "volume"; readonly pool: string; readonly volume: string }
  /** A type whose source is not understood here. */
  | { readonly kind: "other"; readonly type: string };

export interface DiskHost {
  /** Absent where the host is reached by a unix socket. */
  readonly name?: string;
  readonly port?: number;
  readonly transport?: string;
  readonly socket?: string;
}

export function readDisks(devices: XmlElement | undefined): readonly DomainDisk[] {
  return findAll(devices, "disk").map((disk) => {
    const driver = find(disk, "driver");
    const target = find(disk, "target");
    const type = attribute(disk, "type") ?? "file";
    return {
      device: attribute(disk, "device") ?? "disk",
      target: required(attribute(target, "dev"), "target of a <disk>"),
      ...present("bus", attribute(target, "bus")),
      type,
      source: readSource(disk, type),
      backingChain: readBackingChain(disk),
      ...present("format", attribute(driver, "type")),
      ...present("cache", attribute(driver, "cache")),
      readonly: find(disk, "readonly") !== undefined,
      shareable: find(disk, "shareable") !== undefined,
    };
  });
}

function readSource(disk: XmlElement, type: string): DiskSource {
  const source = find(disk, "source");
  if (source === undefined) return { kind: "none" };
  switch (type) {
    case "file":
      return pathSource("file", attribute(source, "file"));
    case "block":
      return pathSource("block", attribute(source, "dev"));
    case "network":
      return {
        kind: "network",
        protocol: required(attribute(source, "protocol"), "protocol of a network disk"),
        // NBD servers may export without a name.
        name: attribute(source, "name") ?? "",
        hosts: findAll(source, "host").map(readHost),
        hasAuth: (find(disk, "auth") ?? find(source, "auth")) !== undefined,
      };
    case "volume": {
      const pool = attribute(source, "pool");
      const volume = attribute(source, "volume");
      return pool === undefined || volume === undefined ? { kind: "none" } : { kind: "volume", pool, volume };
    }
    default:
      return { kind: "other", type };
  }
}

/** The chain ends with an empty <backingStore/>, or where libvirt stopped looking. */
function readBackingChain(layer: XmlElement): readonly DiskSource[] {
  const backing = find(layer, "backingStore");
  const type = attribute(backing, "type");
  if (backing === undefined || type === undefined) return [];
  return [readSource(backing, type), ...readBackingChain(backing)];
}

/** A removable drive keeps an element without a path when it was given a start-up policy. */
function pathSource(kind: "file" | "block", path: string | undefined): DiskSource {
  return path === undefined ? { kind: "none" } : { kind, path };
}

function readHost(host: XmlElement): DiskHost {
  return {
    ...present("name", attribute(host, "name")),
    ...present("port", integerOf(attribute(host, "port"), "The port of a disk's <host>")),
    ...present("transport", attribute(host, "transport")),
    ...present("socket", attribute(host, "socket")),
  };
}
