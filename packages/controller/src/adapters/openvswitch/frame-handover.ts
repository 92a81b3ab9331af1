/**
 * The `FrameHandover` port over Open vSwitch: a VXLAN port between the two virtual switches (RFC 7348), and flows.
 *
 *   client ─▶ … ─▶ source's bridge ──flow: frames for the guest──▶ VXLAN ──▶ target's bridge ──flow──▶ waiting tap
 *
 * A paused QEMU leaves frames in its tap's queue until it runs, so they are delayed and not lost. The tunnel's port is a
 * trunk of VLAN 4095, which IEEE 802.1Q reserves and nobody uses: NORMAL forwarding neither floods into it nor accepts
 * anything from it, so it can close no loop and teach no MAC table. Only the flows here send through it.
 */
import { connectOpenFlow } from "@trunkline/openflow";
import type { Flow, OpenFlowConnection } from "@trunkline/openflow";
import {
  applyChange,
  connectSwitch,
  deleteRows,
  insertRow,
  mapOf,
  mutateRows,
  namedUuidOf,
  setOf,
  uuidOf,
} from "@trunkline/ovsdb";
import type { SwitchBridge, SwitchPort, VirtualSwitchClient } from "@trunkline/ovsdb";
import { TrunklineError, messageOf } from "@trunkline/model";
import type { InventoryHost, MoveId, SwitchAccess, VmDescription, VmNic } from "@trunkline/model";
import type { FrameHandover, HandoverFigures } from "@trunkline/ports";
import { limits } from "../../limits.ts";

/** @returns the reason where it cannot be done. */
export function openFrameHandover(
  source: InventoryHost,
  target: InventoryHost,
  vm: VmDescription,
  move: MoveId,
): FrameHandover | string {
  const ends: End[] = [];
  for (const host of [source, target]) {
    const { virtualSwitch, migration } = host;
    if (virtualSwitch?.openflow === undefined) return `the inventory names no OpenFlow connection of ${host.name}`;
    if (migration === undefined) return `the inventory names no migration address of ${host.name}`;
    ends.push({ name: host.name, access: virtualSwitch, openflow: virtualSwitch.openflow, address: migration.address });
  }
  const [from, to] = ends;
  if (from === undefined || to === undefined || vm.nics.length === 0) return "the VM has no NIC";
  for (const { mac, bridge } of vm.nics)
    for (const end of [from, to])
      if (bridge !== end.access.bridge)
        return `the NIC ${mac} does not sit on ${end.access.bridge}, the bridge that the inventory names for ${end.name}`;
  return new OvsHandover(from, to, vm, move);
}

/** Takes back, on both hosts, whatever the hand-over of this move left when its process died. */
export async function clearFrameHandover(hosts: readonly InventoryHost[], move: MoveId): Promise<void> {
  const options = { connectTimeoutMs: limits.connectMs, callTimeoutMs: limits.questionMs };
  await Promise.allSettled(
    hosts.map(async ({ virtualSwitch }) => {
      if (virtualSwitch?.openflow === undefined) return;
      const flows = await connectOpenFlow(virtualSwitch.openflow, options);
      try {
        await flows.deleteFlows({ cookie: cookieOf(move) });
      } finally {
        await flows.close();
      }
      const database = await connectSwitch(virtualSwitch.ovsdb, options);
      try {
        await removeTunnel(database, move);
      } finally {
        await database.close();
      }
    }),
  );
}

interface End {
  readonly name: string;
  readonly access: SwitchAccess;
  readonly openflow: string;
  readonly address: string;
}

/** What was opened on one side, whether or not it came to be laid: all of it must be closed. */
interface OpenedEnd {
  readonly database: VirtualSwitchClient;
  flows: OpenFlowConnection | undefined;
}

/** One side that is connected and has its tunnel port. */
interface LaidEnd {
  readonly database: VirtualSwitchClient;
  readonly flows: OpenFlowConnection;
  readonly bridge: SwitchBridge;
  readonly tunnelPort: number;
}

class OvsHandover implements FrameHandover {
  readonly #source: End;
  readonly #target: End;
  readonly #nics: readonly VmNic[];
  readonly #move: MoveId;
  readonly #cookie: bigint;
  readonly #portName: string;
  #laying: Promise<void> | undefined;
  #opened: readonly OpenedEnd[] = [];
  #laid: { readonly source: LaidEnd; readonly target: LaidEnd } | undefined;
  #engaged = false;
  #problem: string | undefined;
  /** Flow changes on the source, in the order in which they were asked for. */
  #changes: Promise<void> = Promise.resolve();

  constructor(source: End, target: End, vm: VmDescription, move: MoveId) {
    this.#source = source;
    this.#target = target;
    this.#nics = vm.nics;
    this.#move = move;
    this.#cookie = cookieOf(move);
    this.#portName = `tlho${digitsOf(move)}`;
  }

  async lay(signal: AbortSignal): Promise<void> {
    this.#laying ??= this.#lay(signal).catch((error: unknown) => {
      this.#problem = messageOf(error);
    });
    await this.#laying;
  }

  engage(): void {
    if (this.#laid === undefined || this.#engaged) return;
    this.#engaged = true;
    const { source } = this.#laid;
    const flows = this.#nics.flatMap((nic) => redirects(nic, source, this.#cookie));
    this.#change(async () => {
      await source.flows.addFlows(flows);
    });
  }

  withdraw(): void {
    if (this.#laid === undefined || !this.#engaged) return;
    const { source } = this.#laid;
    this.#change(async () => {
      await source.flows.deleteFlows({ cookie: this.#cookie });
    });
  }

  async remove(): Promise<HandoverFigures> {
    await this.#laying;
    await this.#changes;
    let frames: number | undefined;
    if (this.#laid !== undefined && this.#engaged) frames = await this.#count(this.#laid.source);
    this.#laid = undefined;
    const opened = this.#opened;
    this.#opened = [];
    for (const { database, flows } of opened) {
      await this.#tryTo(async () => {
        await flows?.deleteFlows({ cookie: this.#cookie });
      });
      await this.#tryTo(async () => {
        await removeTunnel(database, this.#move);
      });
      await this.#tryTo(async () => {
        await Promise.all([flows?.close(), database.close()]);
      });
    }
    return { engaged: this.#engaged, frames, problem: this.#problem };
  }

  async #lay(signal: AbortSignal): Promise<void> {
    const options = { signal, connectTimeoutMs: limits.connectMs, callTimeoutMs: limits.questionMs };
    const key = String(Number(this.#cookie & vniMask));
    const open = async (end: End, peer: End): Promise<LaidEnd> => {
      const database = await connectSwitch(end.access.ovsdb, options);
      const opened: OpenedEnd = { database, flows: undefined };
      this.#opened = [...this.#opened, opened];
      const tunnelOptions = { local_ip: end.address, remote_ip: peer.address, key };
      await addTunnel(database, end.access.bridge, this.#portName, tunnelOptions, this.#move, signal);
      const bridge = await bridgeOf(database, end, signal);
      const flows = await connectOpenFlow(end.openflow, options);
      opened.flows = flows;
      return { database, flows, bridge, tunnelPort: portNumber(bridge, this.#portName) };
    };
    const opening = [open(this.#source, this.#target), open(this.#target, this.#source)] as const;
    // When one end fails the other must still be known to `remove`, so both are waited for.
    await Promise.allSettled(opening);
    const [source, target] = await Promise.all(opening);
    const arrivals = this.#nics.map((nic) => arrival(nic, target, this.#cookie));
    const rest: Flow = {
      cookie: this.#cookie,
      priority: priority.refuse,
      hardTimeoutS: limits.handoverLaidS,
      match: { inPort: target.tunnelPort },
      actions: [{ kind: "drop" }],
    };
    await target.flows.addFlows([...arrivals, rest], { signal });
    // The first frame of a tunnel is spent on finding the peer's address by ARP; let it be one that nobody waits for.
    await source.flows.sendFrame(primingFrame, source.tunnelPort, { signal });
    this.#laid = { source, target };
  }

  #change(work: () => Promise<void>): void {
    this.#changes = this.#changes.then(async () => {
      await this.#tryTo(work);
    });
  }

  async #count(source: LaidEnd): Promise<number | undefined> {
    try {
      const flows = await source.flows.dumpFlows({ cookie: this.#cookie });
      return flows.reduce((sum, flow) => sum + Number(flow.packets), 0);
    } catch {
      return undefined;
    }
  }

  async #tryTo(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#problem ??= messageOf(error);
    }
  }
}

/** "tl" in the upper half, so that our flows can be told from others'. */
const cookieBase = 0x746c_0000_0000_0000n;
const digitsOf = (move: MoveId): string => move.replaceAll("-", "").slice(0, 8);
const cookieOf = (move: MoveId): bigint => cookieBase | BigInt(`0x${digitsOf(move)}`);
/** A VXLAN network identifier has 24 bits. */
const vniMask = 0xff_ffffn;
/** Above what people use (NORMAL is 0, ovs-ofctl's default 32768), in the order in which they are looked at. */
const priority = { arrive: 65_000, refuse: 64_999, redirect: 64_998 } as const;
const reservedVlan = 4095;
const tunnelLabel = "trunkline-move";

/** To a locally administered address that nobody has, with the ether type for experiments (IEEE Std 802, 0x88b5). */
const primingFrame = Buffer.concat([Buffer.from("02746c6e6b3002746c6e6b3188b5", "hex"), Buffer.alloc(46)]);

/** Frames for the guest, tagged from trunks and untagged from access ports of its VLAN. */
function redirects(nic: VmNic, { bridge, tunnelPort }: LaidEnd, cookie: bigint): readonly Flow[] {
  const base = { cookie, priority: priority.redirect, hardTimeoutS: limits.handoverEngagedS };
  const out = { kind: "output", port: tunnelPort } as const;
  const tagged = nic.vlans.map((vlan): Flow => {
    const match = { vlan, destinationMac: nic.mac };
    return { ...base, match, actions: [{ kind: "pop-vlan" }, out] };
  });
  const untagged = bridge.ports
    .filter((port) => port.tag !== undefined && nic.vlans.includes(port.tag))
    .flatMap(numbersOf)
    .map((inPort): Flow => ({ ...base, match: { inPort, vlan: "untagged", destinationMac: nic.mac }, actions: [out] }));
  const bare: Flow = { ...base, match: { vlan: "untagged", destinationMac: nic.mac }, actions: [out] };
  return nic.vlans.length === 0 ? [bare] : [...tagged, ...untagged];
}

function arrival(nic: VmNic, { bridge, tunnelPort }: LaidEnd, cookie: bigint): Flow {
  const tap = bridge.ports.find((port) =>
    port.interfaces.some((device) => device.externalIds["attached-mac"]?.toLowerCase() === nic.mac),
  );
  const [port] = tap === undefined ? [] : numbersOf(tap);
  if (port === undefined)
    throw new TrunklineError("host.failed", `the target's ${bridge.name} has no port for ${nic.mac} yet`);
  const match = { inPort: tunnelPort, destinationMac: nic.mac };
  return {
    cookie,
    priority: priority.arrive,
    hardTimeoutS: limits.handoverLaidS,
    match,
    actions: [{ kind: "output", port }],
  };
}

const numbersOf = (port: SwitchPort): readonly number[] =>
  port.interfaces.flatMap(({ ofport }) => (ofport === undefined || ofport < 0 ? [] : [ofport]));

async function bridgeOf(database: VirtualSwitchClient, end: End, signal: AbortSignal): Promise<SwitchBridge> {
  const { bridges } = await database.readTopology(signal);
  const bridge = bridges.find((candidate) => candidate.name === end.access.bridge);
  if (bridge === undefined) throw new TrunklineError("host.failed", `${end.name} has no bridge ${end.access.bridge}`);
  return bridge;
}

function portNumber(bridge: SwitchBridge, name: string): number {
  const port = bridge.ports.find((candidate) => candidate.name === name);
  const [number] = port === undefined ? [] : numbersOf(port);
  if (number === undefined) {
    const why = port?.interfaces[0]?.error ?? "it has no number";
    throw new TrunklineError("host.failed", `the tunnel port of ${bridge.name} could not be made: ${why}`);
  }
  return number;
}

async function addTunnel(
  database: VirtualSwitchClient,
  bridge: string,
  name: string,
  options: Readonly<Record<string, string>>,
  move: MoveId,
  signal: AbortSignal,
): Promise<void> {
  const labels = mapOf({ [tunnelLabel]: move });
  await applyChange(
    database.connection,
    [
      insertRow("Interface", { name, type: "vxlan", options: mapOf(options), external_ids: labels }, "tunnel"),
      insertRow(
        "Port",
        {
          name,
          interfaces: namedUuidOf("tunnel"),
          vlan_mode: "trunk",
          trunks: setOf([reservedVlan]),
          external_ids: labels,
        },
        "port",
      ),
      mutateRows("Bridge", [["name", "==", bridge]], [["ports", "insert", setOf([namedUuidOf("port")])]]),
    ],
    { signal },
  );
}

/** A port that no bridge names is collected by the database itself. */
async function removeTunnel(database: VirtualSwitchClient, move: MoveId): Promise<void> {
  const { bridges } = await database.readTopology();
  for (const bridge of bridges) {
    const ours = bridge.ports.filter((port) => port.externalIds[tunnelLabel] === move);
    if (ours.length === 0) continue;
    const references = setOf(ours.map((port) => uuidOf(port.uuid)));
    await applyChange(database.connection, [
      mutateRows("Bridge", [["_uuid", "==", uuidOf(bridge.uuid)]], [["ports", "delete", references]]),
      deleteRows("Port", [["external_ids", "includes", mapOf({ [tunnelLabel]: move })]]),
    ]);
  }
}
