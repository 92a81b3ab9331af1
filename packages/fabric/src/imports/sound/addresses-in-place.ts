/**
 * Addresses lie in subnets of their segment. An interface that has another one shows a subnet that was not told, and adds it;
 * other addresses that fit nowhere are left out, with a note. Gateways have members, each once, with settings that the
 * protocols allow.
 */
import { parseAddress } from "../../address/ip.ts";
import type { Device, Endpoint, Fabric, Gateway, GatewayMember } from "../../fabric.ts";
import { bareAddress, isInSubnet, isSameAddress, networkOf } from "../addresses.ts";
import type { NoteList } from "../import-result.ts";

/** document/check/gateways.ts has the sources. */
const groups: Readonly<Partial<Record<Gateway["kind"], { readonly min: number; readonly max: number }>>> = {
  hsrp: { min: 0, max: 4095 },
  vrrp: { min: 1, max: 255 },
  glbp: { min: 0, max: 1023 },
};
const priorityMax = 255;
const timeMaxMs = 3_600_000;

export function withAddressesInPlace(fabric: Fabric, notes: NoteList): Fabric {
  const subnets = new Map<string, string[]>(fabric.segments.map(({ name, subnets: own }) => [name, [...own]] as const));
  const devices = fabric.devices.map((device) => placed(device));
  const belongs = (address: string, segment: string): boolean => {
    const own = subnets.get(segment) ?? [];
    const isLinkLocal = address.toLowerCase().startsWith("fe80:");
    return (
      parseAddress(bareAddress(address)) !== undefined &&
      (own.length === 0 || isLinkLocal || own.some((subnet) => isInSubnet(address, subnet)))
    );
  };
  const gateways = fabric.gateways.flatMap((gateway) => gatewayInPlace(gateway) ?? []);
  const names = new Set(gateways.map(({ name }) => name));
  return {
    ...fabric,
    segments: fabric.segments.map((segment) => ({ ...segment, subnets: (subnets.get(segment.name) ?? []).toSorted() })),
    devices,
    gateways,
    endpoints: fabric.endpoints.map((endpoint) => endpointInPlace(endpoint)),
  };

  function placed(device: Device): Device {
    const interfaces = device.interfaces?.filter(({ segment, address }) => {
      const own = subnets.get(segment) ?? [];
      const network = networkOf(address);
      if (network === undefined) {
        notes.add(device.name, `has ${address} in ${segment}, which is no address with a length; left out`);
        return false;
      }
      if (own.length === 0 || own.some((subnet) => isInSubnet(address, subnet))) return true;
      const vrf = fabric.segments.find(({ name }) => name === segment)?.vrf;
      const rival = fabric.segments.find(
        (other) =>
          other.vrf === vrf &&
          (subnets.get(other.name) ?? []).some((subnet) => isInSubnet(address, subnet) || isInSubnet(subnet, network)),
      );
      if (rival === undefined) own.push(network);
      else notes.add(device.name, `has ${address} in ${segment}, and the subnet is one of ${rival.name}; left out`);
      return rival === undefined;
    });
    if (interfaces === undefined || interfaces.length === device.interfaces?.length) return device;
    const { interfaces: _all, ...rest } = device;
    return interfaces.length === 0 ? rest : { ...rest, interfaces };
  }

  function gatewayInPlace(gateway: Gateway): Gateway | undefined {
    const { name, segment, kind } = gateway;
    if (!belongs(gateway.address, segment)) {
      notes.add(`gateway ${name}`, `has ${gateway.address}, which is in no subnet of ${segment}; left out`);
      return undefined;
    }
    const members = membersInPlace(gateway);
    if (members.length === 0) {
      notes.add(`gateway ${name}`, "has no member that is known; left out");
      return undefined;
    }
    const { group, helloMs, holdMs, intendedActive, ...rest } = gateway;
    const bounds = groups[kind];
    const isGroup = group !== undefined && bounds !== undefined && group >= bounds.min && group <= bounds.max;
    const isTime = (ms: number | undefined): ms is number =>
      ms !== undefined && Number.isInteger(ms) && ms <= timeMaxMs;
    return {
      ...rest,
      members,
      ...(isGroup ? { group } : {}),
      ...(isTime(helloMs) ? { helloMs } : {}),
      ...(isTime(holdMs) ? { holdMs } : {}),
      ...(members.some(({ device }) => device === intendedActive) && intendedActive !== undefined
        ? { intendedActive }
        : {}),
    };
  }

  function membersInPlace({ name, segment, kind, members }: Gateway): readonly GatewayMember[] {
    const known = new Map<string, GatewayMember>();
    const taken: string[] = [];
    for (const member of members) {
      if (known.has(member.device) || (kind === "static" && known.size > 0)) {
        notes.add(
          `gateway ${name}`,
          `has ${member.device} ${known.has(member.device) ? "twice" : "besides its one router"}; left out`,
        );
        continue;
      }
      const { address, priority, ...rest } = member;
      const own = (devices.find((device) => device.name === member.device)?.interfaces ?? []).filter(
        (one) => one.segment === segment,
      );
      const isOwn = own.length === 0 || own.some((one) => address !== undefined && isSameAddress(one.address, address));
      const isFit =
        address !== undefined &&
        isOwn &&
        belongs(address, segment) &&
        !taken.some((other) => isSameAddress(other, address));
      if (address !== undefined && !isFit)
        notes.add(
          `gateway ${name}`,
          `has ${member.device} with ${address}, which is not its address in ${segment}; left out`,
        );
      if (isFit) taken.push(address);
      const isPriority =
        priority !== undefined && Number.isInteger(priority) && priority >= 0 && priority <= priorityMax;
      known.set(member.device, { ...rest, ...(isFit ? { address } : {}), ...(isPriority ? { priority } : {}) });
    }
    return [...known.values()];
  }

  function endpointInPlace(endpoint: Endpoint): Endpoint {
    return {
      ...endpoint,
      nics: endpoint.nics.map((nic) => {
        const { gateway, ...rest } = nic;
        const addresses = nic.addresses.filter((address) => {
          const isFit = belongs(address, nic.segment);
          if (!isFit)
            notes.add(`endpoint ${endpoint.name}`, `has ${address}, which is in no subnet of ${nic.segment}; left out`);
          return isFit;
        });
        return { ...rest, addresses, ...(gateway !== undefined && names.has(gateway) ? { gateway } : {}) };
      }),
    };
  }
}
