/**
 * Names that a document can have (document/scalars.ts): they print, have no slash, because `h1/up0` is a port, and those of
 * segments look like no VLAN number. Other tools allow more; what they allow is written otherwise here, with a note.
 */
import type { Fabric } from "../../fabric.ts";
import type { NoteList } from "../import-result.ts";
import { renamed } from "./renamed.ts";

const charactersMax = 128;

export function withCleanNames(fabric: Fabric, notes: NoteList): Fabric {
  const table = (
    what: string,
    names: readonly string[],
    clean: (name: string) => string,
  ): ReadonlyMap<string, string> => {
    const taken = new Set<string>();
    const changes = new Map<string, string>();
    for (const name of [...new Set(names)].toSorted()) {
      const wanted = clean(name);
      let given = wanted;
      for (let number = 2; taken.has(given); number += 1) given = `${wanted.slice(0, charactersMax - 8)}-${number}`;
      taken.add(given);
      if (given === name) continue;
      changes.set(name, given);
      notes.add(`${what} ${name}`, `is called ${given} here: names print, have no slash, and are no VLAN number`);
    }
    return changes;
  };
  const named = (things: readonly { readonly name: string }[]): readonly string[] => things.map(({ name }) => name);
  const ports = fabric.devices.map(
    (device) =>
      [device.name, table(`${device.name}, port`, named(device.ports), (name) => printable(name, "/"))] as const,
  );
  const labels = [
    ...fabric.devices.flatMap(({ mlag, ports: own }) => [mlag, ...own.map(({ lag }) => lag)]),
    ...fabric.segments.map(({ vrf }) => vrf),
  ].flatMap((label) => label ?? []);
  return renamed(fabric, {
    sites: table("site", named(fabric.sites), (name) => printable(name, "-")),
    segments: table("segment", named(fabric.segments), segmentName),
    devices: table("device", named(fabric.devices), (name) => printable(name, "-")),
    gateways: table("gateway", named(fabric.gateways), (name) => printable(name, "-")),
    endpoints: table("endpoint", named(fabric.endpoints), (name) => printable(name, "-")),
    clusters: table("cluster", named(fabric.clusters), (name) => printable(name, "-")),
    labels: table("group", labels, (name) => printable(name, "-")),
    ports: new Map(ports),
  });
}

/** @param slash what a slash becomes; a port may keep it. */
function printable(name: string, slash: "/" | "-"): string {
  const plain = name
    .replaceAll(/\p{C}/gu, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll("/", slash)
    .trim()
    .slice(0, charactersMax)
    .trim();
  return plain === "" ? "unnamed" : plain;
}

function segmentName(name: string): string {
  const plain = printable(name, "-");
  return /^(?:all|unknown|\d+|\d+-\d+)$/.test(plain) ? `vlan-${plain}` : plain;
}
