/**
 * The `FrameHandover` port over Open vSwitch: a VXLAN port between the two virtual switches (RFC 7348), and flows.
 *
 *   client ─▶ … ─▶ source's bridge ──flow: frames for the guest──▶ VXLAN ──▶ target's bridge ──flow──▶ waiting tap
 *                                   └─ while the target does not run yet: also to the guest as before
 *
 * A paused QEMU leaves frames in its tap's queue until it runs, so they are delayed and not lost. The tunnel's port is a
 * trunk of VLAN 4095, which IEEE 802.1Q reserves and nobody uses: NORMAL forwarding neither floods into it nor accepts
 * anything from it, so it can close no loop and teach no MAC table. Only the flows here send through it.
 */
import { connectOpenFlow } from "@trunkline/openflow";
import type { OpenFlowConnection } from "@trunkline/openflow";
import { connectSwitch } from "@trunkline/ovsdb";
import type { VirtualSwitchClient } from "@trunkline/ovsdb";
import { messageOf } from "@trunkline/model";
import type { InventoryHost, MoveId, SwitchAccess, VmDescription, VmNic } from "@trunkline/model";
import type { FrameHandover, HandoverFigures } from "@trunkline/ports";
import { limits } from "../../limits.ts";
import { arrival, cookieOf, digitsOf, redirects, refusal } from "./handover-flows.ts";
import type { WayEnd } from "./handover-flows.ts";
import { addTunnel, bridgeOf, portNumber, removeTunnel } from "./handover-tunnel.ts";

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
interface LaidEnd extends WayEnd {
  readonly database: VirtualSwitchClient;
  readonly flows: OpenFlowConnection;
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

  async share(signal: AbortSignal): Promise<void> {
    await this.#laying;
    this.#redirect({ shared: true }, signal);
    await this.#changes;
  }

  engage(): void {
    this.#redirect({ shared: false });
  }

  withdraw(): void {
    if (this.#laid === undefined || !this.#engaged) return;
    const { source } = this.#laid;
    this.#change(async () => {
      await source.flows.deleteFlows({ cookie: this.#cookie });
    });
  }

  /** The same matches each time, so that new rules take the place of the old ones at once. */
  #redirect(how: { readonly shared: boolean }, signal?: AbortSignal): void {
    if (this.#laid === undefined) return;
    this.#engaged = true;
    const { source } = this.#laid;
    const flows = this.#nics.flatMap((nic) => redirects(nic, source, this.#cookie, how));
    this.#change(async () => {
      await source.flows.addFlows(flows, signal === undefined ? {} : { signal });
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
      const bridge = await bridgeOf(database, end.access.bridge, signal);
      const flows = await connectOpenFlow(end.openflow, options);
      opened.flows = flows;
      return { database, flows, bridge, tunnelPort: portNumber(bridge, this.#portName) };
    };
    const opening = [open(this.#source, this.#target), open(this.#target, this.#source)] as const;
    // When one end fails the other must still be known to `remove`, so both are waited for.
    await Promise.allSettled(opening);
    const [source, target] = await Promise.all(opening);
    const arrivals = this.#nics.map((nic) => arrival(nic, target, this.#cookie));
    await target.flows.addFlows([...arrivals, refusal(target, this.#cookie)], { signal });
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

/** A VXLAN network identifier has 24 bits. */
const vniMask = 0xff_ffffn;

/** To a locally administered address that nobody has, with the ether type for experiments (IEEE Std 802, 0x88b5). */
const primingFrame = Buffer.concat([Buffer.from("02746c6e6b3002746c6e6b3188b5", "hex"), Buffer.alloc(46)]);
