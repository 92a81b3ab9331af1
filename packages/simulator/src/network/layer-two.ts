/**
 * The layer-2 network as it is: devices with bridges and ports, links that are up or down, MAC tables that learn from the
 * frames that reach them. A host's virtual switch is a device under the host's name.
 */
import { carries } from "@trunkline/fabric";
import type { FabricPort } from "@trunkline/fabric";
import { assert } from "@trunkline/model";
import type { MacEntry } from "@trunkline/ports";
import { limits } from "../limits.ts";
import type { Wire } from "./wire.ts";

export interface Device {
  readonly name: string;
  readonly bridges: { readonly name: string; readonly mtu: number; ports: FabricPort[] }[];
  readonly macs: Map<string, MacEntry>;
  /** A switch that does not answer forwards all the same. */
  isSilent: boolean;
}

export interface Link {
  readonly a: End;
  readonly b: End;
  readonly rateBps: number;
  isUp: boolean;
}

interface End {
  readonly device: string;
  readonly port: string;
  /** Index on the wire of the direction that leaves from here. */
  readonly wire: number;
}

export class LayerTwo {
  readonly devices = new Map<string, Device>();
  readonly links: Link[] = [];
  readonly #wire: Wire;
  readonly #ways = new Map<string, { readonly from: End; readonly to: End; readonly link: Link }[]>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  addDevice(name: string, bridges: readonly { name: string; mtu?: number; ports: readonly FabricPort[] }[]): void {
    this.devices.set(name, {
      name,
      bridges: bridges.map(({ name: bridge, mtu = 1500, ports }) => ({ name: bridge, mtu, ports: [...ports] })),
      macs: new Map(),
      isSilent: false,
    });
  }

  addLink(a: { device: string; port: string }, b: { device: string; port: string }, rateBps: number): void {
    const [near, far] = [
      { ...a, wire: this.#wire.addLink(rateBps) },
      { ...b, wire: this.#wire.addLink(rateBps) },
    ];
    const link: Link = { a: near, b: far, rateBps, isUp: true };
    this.links.push(link);
    this.#waysFrom(a.device).push({ from: near, to: far, link });
    this.#waysFrom(b.device).push({ from: far, to: near, link });
  }

  setLink(link: Link, isUp: boolean): void {
    if (link.isUp === isUp) return;
    link.isUp = isUp;
    for (const end of [link.a, link.b]) this.#wire.setCapacity(end.wire, isUp ? link.rateBps : 0);
  }

  plug(device: string, bridge: string, port: FabricPort): void {
    this.#bridge(device, bridge)?.ports.push(port);
  }

  unplug(device: string, name: string): void {
    const found = this.devices.get(device);
    for (const bridge of found?.bridges ?? []) bridge.ports = bridge.ports.filter((port) => port.name !== name);
    for (const [key, entry] of found?.macs ?? []) if (entry.port === name) found?.macs.delete(key);
  }

  /** Bytes that came in and went out by each port that a link ends at. */
  carriedBytes(device: string): readonly { readonly port: string; readonly received: number; readonly sent: number }[] {
    return (this.#ways.get(device) ?? []).map(({ from, to }) => ({
      port: from.port,
      received: this.#wire.carriedBytes(to.wire),
      sent: this.#wire.carriedBytes(from.wire),
    }));
  }

  hasBridge(device: string, bridge: string): boolean {
    return this.#bridge(device, bridge) !== undefined;
  }

  /** A frame from `mac` is flooded from the port that it sits on: every device that it reaches learns the way back. */
  learn(device: string, port: string, mac: string, vlan: number): void {
    const learnAt = (at: string, by: string): void => {
      this.devices.get(at)?.macs.set(`${mac} ${vlan}`, { mac, vlan, port: by });
    };
    learnAt(device, port);
    this.#flood(device, vlan, (hop) => {
      learnAt(hop.to.device, hop.to.port);
    });
  }

  reaches(from: string, to: string, vlan: number): boolean {
    if (from === to) return true;
    let isReached = false;
    this.#flood(from, vlan, (hop) => {
      isReached ||= hop.to.device === to;
    });
    return isReached;
  }

  /** @returns the directions of the links on the shortest way, up or down; undefined when none leads there. */
  path(
    from: string,
    to: string,
    vlan: number | undefined,
  ): { wires: readonly number[]; links: readonly Link[] } | undefined {
    if (from === to) return { wires: [], links: [] };
    const cameBy = new Map<string, { readonly from: End; readonly to: End; readonly link: Link }>();
    this.#flood(
      from,
      vlan,
      (hop) => {
        cameBy.set(hop.to.device, hop);
      },
      true,
    );
    const wires: number[] = [];
    const links: Link[] = [];
    for (let at = to; at !== from;) {
      const hop = cameBy.get(at);
      if (hop === undefined) return undefined;
      wires.unshift(hop.from.wire);
      links.unshift(hop.link);
      at = hop.from.device;
    }
    return { wires, links };
  }

  #flood(
    from: string,
    vlan: number | undefined,
    visit: (hop: { readonly from: End; readonly to: End; readonly link: Link }) => void,
    includesDown = false,
  ): void {
    const seen = new Set([from]);
    const open = [from];
    for (let at = open.shift(); at !== undefined; at = open.shift()) {
      assert(seen.size <= limits.devicesVisited, "a flood visits a bounded number of devices");
      for (const hop of this.#ways.get(at) ?? []) {
        if (seen.has(hop.to.device) || !(hop.link.isUp || includesDown)) continue;
        if (vlan !== undefined && !(this.#carries(hop.from, vlan) && this.#carries(hop.to, vlan))) continue;
        seen.add(hop.to.device);
        visit(hop);
        open.push(hop.to.device);
      }
    }
  }

  #carries(end: End, vlan: number): boolean {
    const port = this.devices
      .get(end.device)
      ?.bridges.flatMap((bridge) => bridge.ports)
      .find((candidate) => candidate.name === end.port);
    return port !== undefined && carries(port.vlans, vlan) === "yes";
  }

  #bridge(device: string, bridge: string): Device["bridges"][number] | undefined {
    return this.devices.get(device)?.bridges.find((candidate) => candidate.name === bridge);
  }

  #waysFrom(device: string): { readonly from: End; readonly to: End; readonly link: Link }[] {
    const ways = this.#ways.get(device) ?? [];
    this.#ways.set(device, ways);
    return ways;
  }
}
