/** Whose address is the next hop of a declared route? */
import { addressKey, parseInterfaceAddress } from "../address/ip.ts";
import type { FabricIndex } from "../fabric-index.ts";
import { gatewayChoice } from "../gateway/choice.ts";
import type { Face } from "./routers.ts";
import { faceOf } from "./routers.ts";
import type { Step } from "./step.ts";

/** @param segments those in which the router may find the address. */
export function owner(index: FabricIndex, face: Face, via: string, segments: readonly string[]): Step {
  for (const segment of segments) {
    const gateway = index.gatewaysIn(segment).find(({ address }) => isSame(address, via));
    if (gateway !== undefined) {
      const choice = gatewayChoice(index, gateway, face.device);
      switch (choice.kind) {
        case "known":
          return hop(index, face, via, segment, choice.device);
        case "one-of":
          return {
            kind: "open",
            next: choice.candidates.map(({ device, probability }) => ({
              segment,
              face: faceOf(index, device, segment),
              probability,
            })),
            why: choice.why,
          };
        case "none":
          return { kind: "broken", why: { kind: "no-gateway", gateway: gateway.name, message: choice.why } };
        case "unknown":
          return choice;
      }
    }
    const device = routerWith(index, segment, via);
    if (device !== undefined) return hop(index, face, via, segment, device);
  }
  return {
    kind: "broken",
    why: {
      kind: "no-route",
      device: face.device,
      message: `${face.device} sends it to ${via}, which is nobody's address`,
    },
  };
}

function hop(index: FabricIndex, face: Face, via: string, segment: string, device: string): Step {
  if (device !== face.device) return { kind: "forward", next: [{ segment, face: faceOf(index, device, segment) }] };
  const message = `${device} has a route to ${via}, which is its own address`;
  return { kind: "broken", why: { kind: "loop", devices: [device], message } };
}

function routerWith(index: FabricIndex, segment: string, via: string): string | undefined {
  const byInterface = index.devicesOfAddress(via).find((name) => {
    const isInterface = index
      .device(name)
      ?.interfaces?.some((one) => one.segment === segment && isSame(one.address, via));
    const isMember = index
      .gatewaysIn(segment)
      .some(({ members }) =>
        members.some(({ device, address }) => device === name && address !== undefined && isSame(address, via)),
      );
    return isInterface === true || isMember;
  });
  if (byInterface !== undefined) return byInterface;
  // What is outside has the address of whatever is attached to it.
  return index
    .endpointsIn(segment)
    .find(
      ({ device, nics }) =>
        index.device(device)?.kind === "external" &&
        nics.some((nic) => nic.segment === segment && nic.addresses.some((address) => isSame(address, via))),
    )?.device;
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [parseInterfaceAddress(left), parseInterfaceAddress(right)];
  return a !== undefined && b !== undefined && addressKey(a) === addressKey(b);
}
