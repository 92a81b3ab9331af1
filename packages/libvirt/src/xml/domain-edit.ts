/**
 * Typed edits of a domain's XML. Everything an edit does not name stays as it is, elements nobody here knows included: that is why
 * the document is changed and not written anew from a description.
 */
import { buildXml, parseXml } from "./document.ts";
import type { DiskSource } from "./domain-disks.ts";
import { attribute, element, elementsOf, find, mapElements, set, withAttribute, withText } from "./tree.ts";
import type { XmlElement } from "./tree.ts";
import { XmlError } from "./xml-error.ts";

/** A domain's document that can be changed. Each edit returns a new one. */
export interface EditableDomain {
  withName(name: string): EditableDomain;
  /** Without a uuid libvirt makes one. */
  withUuid(uuid: string | undefined): EditableDomain;
  /** Connects the interface with this MAC address to another bridge of the host. */
  setInterfaceBridge(mac: string, bridge: string): EditableDomain;
  /** Gives the disk with this target ("vda") another source. Its driver, format and address stay. */
  setDiskSource(target: string, source: Exclude<DiskSource, { kind: "other" }>): EditableDomain;
  toXml(): string;
}

export function editDomain(xml: string): EditableDomain {
  const domain = parseXml(xml);
  if (domain.name !== "domain") throw new XmlError(`The document is a <${domain.name}>, not a <domain>.`);
  return editable(domain);
}

function editable(domain: XmlElement): EditableDomain {
  return {
    withName: (name) => editable(setText(domain, "name", name)),
    withUuid: (uuid) =>
      editable(
        uuid === undefined
          ? mapElements(domain, (child) => (child.name === "uuid" ? undefined : child))
          : setText(domain, "uuid", uuid),
      ),
    setInterfaceBridge: (mac, bridge) =>
      editable(
        changeDevice(
          domain,
          "interface",
          (nic) => attribute(find(nic, "mac"), "address")?.toLowerCase() === mac.toLowerCase(),
          `an interface with MAC address ${mac}`,
          (nic) => set(withAttribute(nic, "type", "bridge"), element("source", { bridge })),
        ),
      ),
    setDiskSource: (target, source) =>
      editable(
        changeDevice(
          domain,
          "disk",
          (disk) => attribute(find(disk, "target"), "dev") === target,
          `a disk with target ${target}`,
          (disk) => withSource(disk, source),
        ),
      ),
    toXml: () => buildXml(domain),
  };
}

function setText(domain: XmlElement, name: string, text: string): XmlElement {
  return set(domain, withText(find(domain, name) ?? element(name), text));
}

function changeDevice(
  domain: XmlElement,
  name: string,
  isWanted: (device: XmlElement) => boolean,
  what: string,
  change: (device: XmlElement) => XmlElement,
): XmlElement {
  const devices = find(domain, "devices");
  const wanted = elementsOf(devices).find((device) => device.name === name && isWanted(device));
  if (devices === undefined || wanted === undefined) {
    throw new XmlError(`The domain has no such device: ${what}.`, { hint: "List its devices with virsh dumpxml." });
  }
  return set(
    domain,
    mapElements(devices, (device) => (device === wanted ? change(device) : device)),
  );
}

function withSource(disk: XmlElement, source: Exclude<DiskSource, { kind: "other" }>): XmlElement {
  // A backing chain and credentials describe the old source; libvirt refuses credentials where a protocol has none.
  const keepsAuth = source.kind === "network" && source.hasAuth;
  const stripped = mapElements(disk, (child) =>
    child.name === "backingStore" || (child.name === "auth" && !keepsAuth) ? undefined : child,
  );
  switch (source.kind) {
    case "none":
      return mapElements(stripped, (child) => (child.name === "source" ? undefined : child));
    case "file":
      return set(withAttribute(stripped, "type", "file"), element("source", { file: source.path }));
    case "block":
      return set(withAttribute(stripped, "type", "block"), element("source", { dev: source.path }));
    case "volume":
      return set(
        withAttribute(stripped, "type", "volume"),
        element("source", { pool: source.pool, volume: source.volume }),
      );
    case "network":
      return set(withAttribute(stripped, "type", "network"), networkSource(source, find(stripped, "source")));
    default:
      return source satisfies never;
  }
}

function networkSource(source: Extract<DiskSource, { kind: "network" }>, old: XmlElement | undefined): XmlElement {
  const hosts = source.hosts.map((host) => element("host", { ...host }));
  const auth = find(old, "auth");
  return element("source", { protocol: source.protocol, ...(source.name === "" ? {} : { name: source.name }) }, [
    ...hosts,
    ...(auth !== undefined && source.hasAuth ? [auth] : []),
  ]);
}
