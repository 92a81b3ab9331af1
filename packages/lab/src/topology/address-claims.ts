/** Every address of a topology with the place where it is written and the segment that it must lie in. */
import type { DocumentPath } from "./complaint.ts";
import type { TopologyParts } from "./parts.ts";

export type Claim = { readonly path: DocumentPath; readonly value: string };

/** `segmentPath` is where the document names the segment; hosts and the SAN do not, theirs follow from their role. */
export type AddressClaim = Claim & { readonly segment: string; readonly segmentPath?: DocumentPath };

export function addressClaims(parts: TopologyParts): readonly AddressClaim[] {
  const roles = ["management", "migration", "storage"] as const;
  const forwarding = [...parts.switches, ...parts.routers];
  // A static gateway is the router's own address, which its interface claims.
  const virtual = parts.gateways.filter((gateway) => gateway.value.kind !== "static");
  return [
    ...parts.hosts.flatMap((host) =>
      roles.map((role) => ({
        path: [...host.path, "addresses", role],
        value: host.value.addresses[role],
        segment: role,
      })),
    ),
    ...(parts.san
      ? [{ path: [...parts.san.path, "address"], value: parts.san.value.address, segment: "storage" }]
      : []),
    ...forwarding.flatMap((device) =>
      device.value.interfaces.map(({ address, segment }, index) =>
        claim([...device.path, "interfaces", index], address, segment),
      ),
    ),
    ...[...virtual, ...parts.clients, ...parts.vms].map(({ path, value }) => claim(path, value.address, value.segment)),
  ];
}

function claim(path: DocumentPath, value: string, segment: string): AddressClaim {
  return { path: [...path, "address"], value, segment, segmentPath: [...path, "segment"] };
}
