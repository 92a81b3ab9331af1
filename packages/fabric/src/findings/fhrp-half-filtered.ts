/**
 * Rule fhrp-half-filtered: keeping a gateway local takes hellos and the frames of its virtual MAC off a link, both. Half
 * of it leaves two actives whose one MAC address the switches learn now here, now there; or a side without any gateway.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Gateway } from "../fabric.ts";
import type { ConfigChange, GatewayFilterPart } from "../fix/config-change.ts";
import type { GatewayBarrier } from "../gateway/barriers.ts";
import { gatewayBarriers } from "../gateway/barriers.ts";
import { electGateway } from "../gateway/election.ts";
import type { Finding } from "./finding.ts";
import { groupText, macText } from "./nic-gateway.ts";
import { listText } from "./words.ts";
import { endsOf, ordered } from "./ordered.ts";

export function fhrpHalfFiltered(index: FabricIndex): readonly Finding[] {
  return ordered(index).gateways.flatMap((gateway) =>
    gatewayBarriers(index, gateway).flatMap((barrier) => barrierFinding(index, gateway, barrier)),
  );
}

function barrierFinding(index: FabricIndex, gateway: Gateway, barrier: GatewayBarrier): readonly Finding[] {
  const { effect, drops, links } = barrier;
  if (effect === "isolated" || effect === "none") return [];
  const isKnown = effect !== "unknown" && drops.hello !== "unknown" && drops.virtualMac !== "unknown";
  const actives = electGateway(index, gateway)?.components.map(({ active }) => active) ?? [];
  const parts = partsOf(barrier);
  const said = (["hello", "virtual-mac", "gateway-arp"] as const).map(
    (part) => `${partNames[part]}: ${dropWords[drops[filterFields[part]]]}`,
  );
  return [
    {
      rule: "fhrp-half-filtered",
      severity: isKnown ? "block" : "warn",
      certainty: isKnown ? "yes" : "unknown",
      subjects: [...links, gateway.name, ...actives],
      message: `${whatIsHalf(gateway, barrier)}; ${consequence(index, gateway, barrier, actives)}`,
      evidence: [
        ...said,
        ...barrier.sides.map(({ device, choice }) => `${device}: ${"why" in choice ? choice.why : choice.device}`),
      ],
      ...repair(index, gateway, barrier, parts),
    },
  ];
}

const filterFields = { hello: "hello", "virtual-mac": "virtualMac", "gateway-arp": "gatewayArp" } as const;
const partNames = {
  hello: "hellos",
  "virtual-mac": "frames of the virtual MAC",
  "gateway-arp": "gateway ARP",
} as const;
const dropWords = { yes: "filtered", no: "not filtered", unknown: "nothing says whether filtered" } as const;

interface Parts {
  readonly filtered: readonly GatewayFilterPart[];
  readonly open: readonly GatewayFilterPart[];
}

function partsOf({ drops }: GatewayBarrier): Parts {
  const parts = ["hello", "virtual-mac", "gateway-arp"] as const;
  return {
    filtered: parts.filter((part) => drops[filterFields[part]] === "yes"),
    open: parts.filter((part) => drops[filterFields[part]] !== "yes"),
  };
}

function whatIsHalf(gateway: Gateway, barrier: GatewayBarrier): string {
  const where = listText(barrier.links);
  const { drops } = barrier;
  const mac = macText(gateway);
  if (drops.hello === "yes") {
    const leaks = drops.virtualMac === "no" ? `frames of ${mac} are not` : `whether frames of ${mac} are is not known`;
    return `hellos of ${groupText(gateway)} are filtered on ${where}, ${drops.virtualMac === "yes" ? `and frames of ${mac} too` : `but ${leaks}`}`;
  }
  const hellos = drops.hello === "no" ? "hellos pass" : "nothing says whether hellos pass";
  const dropped = drops.virtualMac === "yes" ? `frames of ${mac}` : `ARP for ${gateway.address}`;
  const isDropped = drops.virtualMac === "yes" || drops.gatewayArp === "yes" ? "filtered" : "perhaps filtered";
  return `${dropped} ${drops.virtualMac === "yes" ? "are" : "is"} ${isDropped} on ${where}, ${hellos}`;
}

function consequence(
  index: FabricIndex,
  gateway: Gateway,
  { effect, sides }: GatewayBarrier,
  actives: readonly string[],
): string {
  switch (effect) {
    case "nondeterministic":
      return `${actives.length === 2 ? "two actives" : `${actives.length} actives`} (${listText(actives)}) and a flapping virtual MAC`;
    case "cut-off": {
      const lost = sides.filter(({ choice }) => choice.kind === "none").map(({ device }) => device);
      const count = index.endpointsIn(gateway.segment).filter(({ device }) => sameSide(index, lost, device)).length;
      return `${listText(lost)} ${lost.length === 1 ? "has" : "have"} no gateway${count === 0 ? "" : `, nor ${count === 1 ? "has the endpoint" : `have the ${count} endpoints`} of that site`}`;
    }
    case "unknown":
      return `which gateway each side uses is not known`;
    case "isolated":
    case "none":
      return "each side has its gateway";
  }
}

const sameSide = (index: FabricIndex, lost: readonly string[], device: string): boolean =>
  lost.some((side) => index.siteOf(side) !== undefined && index.siteOf(side) === index.siteOf(device));

/** Where both sides have a member, the rest is filtered too; else the filter goes, for it cuts one side off. */
function repair(
  index: FabricIndex,
  gateway: Gateway,
  { links, sides }: GatewayBarrier,
  { filtered, open }: Parts,
): Pick<Finding, "fix" | "advice"> {
  const memberSites = new Set(
    gateway.members.filter(({ isUp }) => isUp !== false).map(({ device }) => index.siteOf(device)),
  );
  const isCompletable = sides.every(({ device }) => memberSites.has(index.siteOf(device)));
  const what = isCompletable ? open : filtered;
  if (what.length === 0) return { advice: "look at the filters of these links" };
  return { fix: filterChanges(index, links, gateway.name, what, isCompletable) };
}

/** At both ends of each link: a port drops what comes in. */
export function filterChanges(
  index: FabricIndex,
  links: readonly string[],
  gateway: string,
  what: readonly GatewayFilterPart[],
  isAdded: boolean,
): readonly ConfigChange[] {
  return links.flatMap((id) => {
    const link = index.link(id);
    return (link === undefined ? [] : endsOf(link)).map((port): ConfigChange => ({
      kind: "filter-gateway",
      port,
      gateway,
      what,
      isAdded,
    }));
  });
}
