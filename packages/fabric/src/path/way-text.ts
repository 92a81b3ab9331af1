/** A way for people: one line for each hop, in the order in which a frame meets them. */
import type { Crossing, Leg, Way, Waypoint } from "./way.ts";

/** Without line ends. Indented lines are what lies between two devices. */
export function wayText(way: Way): readonly string[] {
  switch (way.kind) {
    case "known":
      return [...hops(way.waypoints, way.legs), ...(way.doubts ?? []).map((doubt) => `? ${doubt}`)];
    case "broken":
      return [...hops(way.waypoints, way.legs), `✗ ${way.why.message}`];
    case "open":
      return [
        `one of ${way.ways.length} ways: ${way.why}`,
        ...way.ways.flatMap((branch) => [
          `with probability ${rounded(branch.probability)}:`,
          ...wayText(branch.way).map((line) => `  ${line}`),
        ]),
      ];
    case "unknown":
      return [`unknown: ${way.why}`];
  }
}

/** Each waypoint is followed by the legs that leave it, so that ways that split stay readable. */
function hops(waypoints: readonly Waypoint[], legs: readonly Leg[]): readonly string[] {
  const left = [...legs];
  return waypoints.flatMap((waypoint, place) => {
    const isLast = !waypoints.slice(place + 1).some(({ device }) => device === waypoint.device);
    const next = waypoints[place + 1];
    // A device that is passed twice leaves by one leg each time; only at its last stand do all of them belong to it.
    const leaving = isLast
      ? left.filter(({ from }) => from === waypoint.device)
      : left.filter(({ from }) => from === waypoint.device && next?.device !== waypoint.device).slice(0, 1);
    for (const leg of leaving) left.splice(left.indexOf(leg), 1);
    return [waypointText(waypoint), ...leaving.map((leg) => `  ${legText(leg)}`)];
  });
}

function waypointText({ device, role, name, probability }: Waypoint): string {
  const as = name === undefined || name === device ? role : `${role} ${name}`;
  return `${device} (${as})${probability === undefined ? "" : `, probability ${rounded(probability)}`}`;
}

function legText({ segment, crossings, to, isFlooded }: Leg): string {
  const links = crossings.map(crossingText).join(", ");
  return `${segment}${isFlooded === true ? ", flooded" : ""} to ${to}: ${links === "" ? "within the device" : links}`;
}

function crossingText({ link, from, to, vlan, share, isBetweenSites }: Crossing): string {
  const part = share === 1 ? "" : `, share ${rounded(share)}`;
  return `${from} > ${to} (${link}, VLAN ${vlan}${part}${isBetweenSites ? ", between sites" : ""})`;
}

const rounded = (part: number): string => String(Math.round(part * 1000) / 1000);
