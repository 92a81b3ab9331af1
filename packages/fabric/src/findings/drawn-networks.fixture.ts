/**
 * Small bridged networks, drawn at random: up to six switches in any shape, hosts on one or two of them, three segments
 * with trunks that carry some and lack others.
 */
import fc from "fast-check";
import { buildFabric } from "../fabric.fixture.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import type { Fabric } from "../fabric.ts";

const segments = { red: 10, green: 20, blue: 30 } as const;
const names = Object.keys(segments) as readonly (keyof typeof segments)[];

interface Drawing {
  readonly switches: number;
  readonly links: readonly (readonly [number, number])[];
  readonly hosts: readonly (readonly number[])[];
  /** By the number of the port: which segments it lacks, as bits. */
  readonly lacks: readonly number[];
  readonly endpoints: readonly (readonly [number, number])[];
  readonly clusters: readonly number[];
}

const drawing: fc.Arbitrary<Drawing> = fc.integer({ min: 2, max: 6 }).chain((switches) => {
  const place = fc.integer({ min: 0, max: switches - 1 });
  return fc.record({
    switches: fc.constant(switches),
    links: fc.array(fc.tuple(place, place), { minLength: switches - 1, maxLength: 9 }),
    hosts: fc.array(fc.uniqueArray(place, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 5 }),
    // Most ports carry everything.
    lacks: fc.array(
      fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 7 }) }),
      {
        minLength: 40,
        maxLength: 40,
      },
    ),
    endpoints: fc.array(fc.tuple(fc.nat(4), fc.nat(2)), { minLength: 2, maxLength: 6 }),
    clusters: fc.uniqueArray(fc.nat(4), { maxLength: 3 }),
  });
});

export const drawnNetwork: fc.Arbitrary<Fabric> = drawing.map((drawn) => {
  const ports: Record<string, string> = {};
  let drawnPorts = 0;
  const port = (device: string, name: string): string => {
    const lack = drawn.lacks[drawnPorts % drawn.lacks.length] ?? 0;
    drawnPorts += 1;
    const carried = Object.values(segments).filter((_, place) => (lack & (1 << place)) === 0);
    ports[`${device}/${name}`] = carried.length === 0 ? "trunk none" : `trunk ${carried.join(",")}`;
    return `${device}/${name}`;
  };
  const between = drawn.links.flatMap(([a, b], number) =>
    a === b ? [] : [`${port(`sw${a}`, `l${number}`)} ${port(`sw${b}`, `l${number}`)}`],
  );
  const uplinks = drawn.hosts.flatMap((places, host) =>
    places.map((place) => `${port(`h${host}`, `up${place}`)} ${port(`sw${place}`, `h${host}`)}`),
  );
  const hostOf = (number: number): string => `h${number % drawn.hosts.length}`;
  const words: FabricWords = {
    segments,
    devices: Object.fromEntries(
      Array.from({ length: drawn.switches }, (_, number) => [
        `sw${number}`,
        { spanningTree: { mode: "rpvst" as const, mac: `02:00:00:00:00:0${number}` } },
      ]),
    ),
    ports,
    links: [...between, ...uplinks],
    endpoints: Object.fromEntries(
      drawn.endpoints.map(([host, segment], number) => [
        `vm${number}`,
        `${hostOf(host)} ${names[segment] ?? "red"} 10.0.0.${number + 1}`,
      ]),
    ),
    clusters: drawn.clusters.length < 2 ? {} : { prod: [...new Set(drawn.clusters.map(hostOf))] },
  };
  return buildFabric(words);
});
