/** Network interfaces of a domain (formatdomain, "Network interfaces"). */
import { attribute, find, findAll } from "./tree.ts";
import type { XmlElement } from "./tree.ts";
import { integerOf, present, required } from "./values.ts";

export interface DomainNic {
  readonly mac: string;
  /** As written: "bridge", "network", "direct", "user", "ethernet", "hostdev", "vhostuser", "vdpa"… */
  readonly kind: string;
  readonly bridge?: string;
  readonly network?: string;
  readonly portGroup?: string;
  /** Host device below a "direct" interface. */
  readonly device?: string;
  /** None: the port decides. One: access, unless `trunk`. */
  readonly vlanTags: readonly number[];
  /** Tag that travels untagged on a trunk. */
  readonly nativeVlan?: number;
  readonly trunk: boolean;
  /** "openvswitch", "802.1Qbg", "802.1Qbh", "midonet"… */
  readonly virtualPort?: string;
  readonly portProfile?: string;
  /** Open vSwitch's iface-id: how the port is found again after a move. */
  readonly interfaceId?: string;
  readonly model?: string;
  readonly mtu?: number;
  /** Name of the tap device on the host. */
  readonly target?: string;
}

export function readNics(devices: XmlElement | undefined): readonly DomainNic[] {
  return findAll(devices, "interface").map((nic) => {
    const source = find(nic, "source");
    const vlan = find(nic, "vlan");
    const tags = findAll(vlan, "tag");
    const virtualPort = find(nic, "virtualport");
    const parameters = find(virtualPort, "parameters");
    const native = tags.find((tag) => attribute(tag, "nativeMode") !== undefined);
    return {
      mac: required(attribute(find(nic, "mac"), "address"), "MAC address of an <interface>").toLowerCase(),
      kind: required(attribute(nic, "type"), "type of an <interface>"),
      ...present("bridge", attribute(source, "bridge")),
      ...present("network", attribute(source, "network")),
      ...present("portGroup", attribute(source, "portgroup")),
      ...present("device", attribute(source, "dev")),
      vlanTags: tags.map(vlanOf),
      ...present("nativeVlan", native === undefined ? undefined : vlanOf(native)),
      // formatdomain, "Setting VLAN tag": more than one tag means a trunk, written or not.
      trunk: attribute(vlan, "trunk") === "yes" || tags.length > 1,
      ...present("virtualPort", attribute(virtualPort, "type")),
      ...present("portProfile", attribute(parameters, "profileid")),
      ...present("interfaceId", attribute(parameters, "interfaceid")),
      ...present("model", attribute(find(nic, "model"), "type")),
      ...present("mtu", integerOf(attribute(find(nic, "mtu"), "size"), "The MTU of an <interface>")),
      ...present("target", attribute(find(nic, "target"), "dev")),
    };
  });
}

function vlanOf(tag: XmlElement): number {
  return required(integerOf(attribute(tag, "id"), "A VLAN tag"), "id of a VLAN tag");
}
