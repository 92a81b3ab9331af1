/**
 * What went over the links of a move while it ran, as their switches counted it: other traffic included, since nobody can
 * tell a byte of memory from another. A link is read at the end that sends, else at the one that receives. Switches that do
 * not answer leave a gap, never a zero.
 */
import type { LinkTraffic } from "@trunkline/model";
import type { PortCounters, World } from "@trunkline/ports";

/** Reads the counters now. @returns what reads them again and tells the difference; neither rejects. */
export async function startMeter(
  world: World,
  links: readonly LinkTraffic[],
  signal: AbortSignal,
): Promise<(signal: AbortSignal) => Promise<readonly LinkTraffic[]>> {
  const before = await readCounters(world, links, signal);
  return async (later) => {
    const after = await readCounters(world, links, later);
    return links.map((link) => {
      const [first, last] = [carriedBytes(before, link), carriedBytes(after, link)];
      // A switch that began to count anew in between has nothing to say about the time before.
      const isUsable = first !== undefined && last !== undefined && last >= first;
      return { ...link, measuredBytes: isUsable ? last - first : null };
    });
  };
}

export type Readings = ReadonlyMap<string, readonly PortCounters[]>;

/** What the switches of these links count, by their names. A silent one has nothing to say. */
export async function readCounters(
  world: World,
  links: readonly LinkTraffic[],
  signal: AbortSignal,
): Promise<Readings> {
  const wanted = new Set(links.flatMap(({ from, to }) => [from, to]));
  const switches = world.virtualSwitches().filter((device) => wanted.has(device.name));
  const read = await Promise.all(
    switches.map(async (device) => [device.name, await device.counters(signal).catch(() => [])] as const),
  );
  return new Map(read);
}

/** In this direction, since the switch began to count. */
export function carriedBytes(
  readings: Readings,
  { link, from, to }: Pick<LinkTraffic, "link" | "from" | "to">,
): number | undefined {
  const counted = (device: string): PortCounters | undefined => {
    const port = portOf(link, device);
    return readings.get(device)?.find((counters) => counters.port === port);
  };
  return counted(from)?.sentBytes ?? counted(to)?.receivedBytes;
}

/** The port by which a device is on the link, out of the link's name: `h1/up0--sw1/p-h1`. */
const portOf = (link: string, device: string): string | undefined =>
  link
    .split("--")
    .find((end) => end.startsWith(`${device}/`))
    ?.slice(device.length + 1);
