/**
 * The way of a migration's memory stream, from the source's foot in the migration network to the target's: bridged where
 * both stand in one segment, otherwise routed by the gateway of the source's.
 */
import { parseInterfaceAddress } from "../address/ip.ts";
import type { FabricIndex } from "../fabric-index.ts";
import { at } from "./compose.ts";
import { direction } from "./direction.ts";
import { endpointDestination } from "./destination.ts";
import type { FlowEnd } from "./flow-ends.ts";
import { senderKeyOf } from "./flow-ends.ts";
import type { Way } from "./way.ts";

export function memoryPath(index: FabricIndex, sourceHost: string, targetHost: string): Way {
  if (sourceHost === targetHost) return { kind: "unknown", why: `${sourceHost} is both ends` };
  const [source, target] = [footOf(index, sourceHost), footOf(index, targetHost)];
  if (source === undefined)
    return { kind: "unknown", why: `nothing says how ${sourceHost} reaches the migration network` };
  if (target === undefined)
    return { kind: "unknown", why: `nothing says how ${targetHost} reaches the migration network` };
  return direction(index, source, target, [], new Map());
}

function footOf(index: FabricIndex, host: string): FlowEnd | undefined {
  const foot = index.device(host)?.migration;
  if (foot === undefined) return undefined;
  const { segment, address } = foot;
  const nic = { segment, addresses: [address] };
  return {
    name: host,
    device: host,
    isOutside: false,
    segment,
    address,
    nic,
    standing: at({ device: host, role: "endpoint", name: host }),
    senderKey: senderKeyOf(host, segment, nic, parseInterfaceAddress(address)?.version),
    destination: endpointDestination(index, {
      device: host,
      segment,
      home: segment,
      address,
      routed: { site: index.siteOf(host), segment },
    }),
  };
}
