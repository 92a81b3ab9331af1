/** Gateways out of hellos. A router is known by its address alone unless its discovery protocol named that address. */
import type { Device, Fabric, Gateway, GatewayMember, Segment } from "../fabric.ts";
import { isSameAddress } from "../imports/addresses.ts";
import { sortedBy } from "../imports/import-result.ts";
import type { NoteList } from "../imports/import-result.ts";
import { activeRouters } from "./active-gateways.ts";
import { ofKind } from "./diff-fabric.ts";
import { endText, grouped, latestBy, lookupOf } from "./lookup.ts";
import { deviceNamed } from "./names.ts";
import type { GatewayHello, Observation } from "./observation.ts";

export interface ObservedGateways {
  readonly gateways: readonly Gateway[];
  /** Devices for members that nothing else has shown. */
  readonly routers: readonly Device[];
}

export function observedGateways(
  drafted: Fabric,
  segments: readonly Segment[],
  observations: readonly Observation[],
  notes: NoteList,
): ObservedGateways {
  const lookup = lookupOf(drafted);
  const neighbors = ofKind(observations, "neighbor");
  const routers = new Map<string, Device>();
  const deviceAt = (source: string, hellos: readonly GatewayHello[]): string => {
    const named = neighbors.find(({ addresses }) => addresses.some((address) => isSameAddress(address, source)));
    const candidates = drafted.devices.map(({ name }) => name);
    const known = named === undefined ? undefined : deviceNamed(candidates, named.names);
    if (known !== undefined) return known;
    const name = `router-${source}`;
    const where = [...new Set(hellos.filter((hello) => hello.source === source).map((hello) => endText(hello.where)))];
    routers.set(name, { name, kind: "router", ports: [] });
    notes.add(
      name,
      `was heard at ${where.toSorted().join(", ")}; what it is called and where it is connected is unknown`,
    );
    return name;
  };
  const placed = ofKind(observations, "gateway-hello").flatMap((hello) => {
    const vlan = lookup.vlanOf(hello.where, hello.vlan);
    const segment = segments.find((candidate) => candidate.vlan === vlan);
    if (segment !== undefined) return [{ hello, segment }];
    notes.add(
      endText(hello.where),
      `heard ${hello.protocol.toUpperCase()} group ${hello.group} untagged, and its VLAN is unknown; left out`,
    );
    return [];
  });
  const groups = grouped(placed, ({ hello, segment }) => [segment.name, hello.protocol, hello.group].join("\u0000"));
  const names = new Set<string>();
  const gateways = sortedBy([...groups], ([key]) => key).flatMap(([, group]) => {
    const hellos = group.map(({ hello }) => hello);
    const segment = group[0]?.segment.name ?? "";
    const [last] = latestBy(
      hellos.filter(({ addresses }) => addresses.length > 0),
      () => "",
    );
    const address = last?.addresses[0];
    if (last === undefined || address === undefined) return [];
    const active = activeRouters(hellos);
    const incumbent = active?.isSplit === "no" ? active.last.source : undefined;
    const members = latestBy(hellos, ({ source }) => deviceAt(source, hellos)).map((hello): GatewayMember => ({
      device: deviceAt(hello.source, hellos),
      address: hello.source,
      ...(hello.state === "resigned" ? {} : { priority: hello.priority }),
      ...(incumbent === hello.source ? { isIncumbent: true } : {}),
    }));
    const { protocol, group: number, helloMs, holdMs } = last;
    const plain = `${segment}-${address}`;
    const name = names.has(plain) ? `${plain}-${protocol}-${number}` : plain;
    names.add(name);
    return [{ name, segment, kind: protocol, address, group: number, helloMs, holdMs, members }];
  });
  return { gateways, routers: [...routers.values()] };
}
