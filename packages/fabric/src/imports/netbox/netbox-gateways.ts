/** Gateways out of NetBox's FHRP groups and their assignments to interfaces. */
import type { Gateway, GatewayMember } from "../../fabric.ts";
import { bareAddress, isInSubnet } from "../addresses.ts";
import type { NoteList } from "../import-result.ts";
import { at, itemsOf, maybeNumber, maybeText, numberOf, textOf } from "../source.ts";
import type { Source } from "../source.ts";
import type { DeviceTable } from "./netbox-devices.ts";
import { choiceOf, idOf } from "./netbox-export.ts";
import type { NetboxExport } from "./netbox-export.ts";
import type { VlanTable } from "./netbox-segments.ts";

/** NetBox's protocols, as far as a fabric knows them. */
const kinds: Readonly<Partial<Record<string, Gateway["kind"]>>> = {
  vrrp2: "vrrp",
  vrrp3: "vrrp",
  hsrp: "hsrp",
  glbp: "glbp",
};

interface Assignment {
  readonly group: number;
  readonly member: GatewayMember;
  readonly segment: string | undefined;
}

export function gatewaysOf(
  netbox: NetboxExport,
  devices: DeviceTable,
  vlans: VlanTable,
  addresses: ReadonlyMap<string, readonly string[]>,
  notes: NoteList,
): readonly Gateway[] {
  const groups = netbox.list("ipam/fhrp-groups");
  const groupNames = groups.map((group) => maybeText(at(group, "name")));
  const virtual = new Map(groups.map((group) => [numberOf(at(group, "id")), virtualAddresses(group)] as const));
  const assignments = netbox
    .list("ipam/fhrp-group-assignments")
    .flatMap((assignment) => assignmentOf(assignment) ?? []);
  return groups.flatMap((group) => {
    const protocol = choiceOf(at(group, "protocol")) ?? "";
    const kind = kinds[protocol];
    if (kind === undefined) {
      notes.add(group.path, `speaks ${protocol}, which is not known here`);
      return [];
    }
    return virtualAddresses(group).flatMap((address) => gatewayOf(group, kind, address) ?? []);
  });

  function gatewayOf(group: Source, kind: Gateway["kind"], address: string): Gateway | undefined {
    const id = numberOf(at(group, "id"));
    const own = assignments.filter((assignment) => assignment.group === id);
    const segment =
      own.find((assignment) => assignment.segment !== undefined)?.segment ?? vlans.holding(address)?.segment;
    if (segment === undefined) {
      notes.add(group.path, `has ${address}, and nothing says which VLAN it is in; left out`);
      return undefined;
    }
    const number = maybeNumber(at(group, "group_id"));
    const given = maybeText(at(group, "name"));
    const isAlone = (virtual.get(id)?.length ?? 0) === 1 && groupNames.filter((name) => name === given).length === 1;
    return {
      name: given !== undefined && isAlone ? given : `${segment}-${bareAddress(address)}`,
      segment,
      kind,
      address: bareAddress(address),
      ...(number === undefined ? {} : { group: number }),
      members: own.filter((assignment) => assignment.segment === segment).map(({ member }) => member),
    };
  }

  /** Nested in the group, or assigned to it. */
  function virtualAddresses(group: Source): readonly string[] {
    const nested = itemsOf(at(group, "ip_addresses")).map((address) => textOf(at(address, "address")));
    const assigned = addresses.get(`ipam.fhrpgroup:${numberOf(at(group, "id"))}`) ?? [];
    return [...new Set([...nested, ...assigned])].toSorted();
  }

  function assignmentOf(assignment: Source): Assignment | undefined {
    const group = idOf(at(assignment, "group"));
    const id = maybeNumber(at(assignment, "interface_id"));
    const found =
      choiceOf(at(assignment, "interface_type")) === "dcim.interface" && id !== undefined
        ? devices.interfaceAt(id)
        : undefined;
    if (group === undefined || id === undefined || found === undefined) {
      notes.add(assignment.path, "assigns a gateway to an interface that was not imported; the member is left out");
      return undefined;
    }
    const own = addresses.get(`dcim.interface:${id}`) ?? [];
    const [shared] = virtual.get(group) ?? [];
    const address = shared === undefined ? own[0] : own.find((candidate) => isInSubnet(shared, candidate));
    const priority = maybeNumber(at(assignment, "priority"));
    const member = {
      device: found.device,
      ...(address === undefined ? {} : { address: bareAddress(address) }),
      ...(priority === undefined ? {} : { priority }),
    };
    return { group, member, segment: found.segment };
  }
}
