/**
 * The fabric as it is now, and changes of what ports of Open vSwitch carry.
 *
 * INVARIANTS
 * - Every change names what the port carries before it; a port that carries something else is left alone.
 * - All changes of a request hold in the end, each read back from its switch, or none of them: what was made before one
 *   failed is taken back, in reverse order, and what could not be taken back is named.
 */
import { isSamePortVlans } from "@trunkline/fabric";
import type { Fabric, PortVlans } from "@trunkline/fabric";
import { TrunklineError, messageOf } from "@trunkline/model";
import type { Snapshot } from "@trunkline/model";
import type { VirtualSwitch, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import { fabricNow, placementsOf } from "../observe/fabric-now.ts";
import { readFabric } from "../observe/read-fabric.ts";

export interface FabricAnswer {
  readonly fabric: Fabric;
  /** Why a switch could not be read, by its name. */
  readonly silent: ReadonlyMap<string, string>;
  /** Why the document is left out, where there is one. */
  readonly documentProblem?: string;
}

export interface PortChange {
  readonly device: string;
  readonly port: string;
  readonly before: PortVlans;
  readonly after: PortVlans;
}

export async function askFabric(world: World, snapshot: Snapshot, signal: AbortSignal): Promise<FabricAnswer> {
  const reading = await readFabric(world, signal);
  let document: Fabric | undefined;
  let documentProblem: string | undefined;
  try {
    document = await world.fabricDocument();
  } catch (error) {
    documentProblem = messageOf(error);
  }
  const fabric = fabricNow({ document, inventory: world.inventory, reading, placements: placementsOf(snapshot) });
  return { fabric, silent: reading.silent, ...(documentProblem === undefined ? {} : { documentProblem }) };
}

/** @throws fabric.unknown, fabric.changed, fabric.not-applied, host.unreachable. */
export async function changePorts(
  world: World,
  changes: readonly PortChange[],
  signal: AbortSignal,
): Promise<readonly PortChange[]> {
  const steps = changes.map((change) => ({ change, device: switchOf(world, change.device) }));
  const made: typeof steps = [];
  try {
    for (const step of steps) {
      await step.device.setPortVlans(step.change.port, step.change.before, step.change.after, signal);
      made.push(step);
      await demandTaken(step.device, step.change, signal);
    }
  } catch (error) {
    await takeBack(world, made, error);
    throw error;
  }
  return changes;
}

function switchOf(world: World, name: string): VirtualSwitch {
  const device = world.virtualSwitches().find((candidate) => candidate.name === name);
  if (device !== undefined) return device;
  throw new TrunklineError("fabric.unknown", `${name} is no Open vSwitch that the inventory names`, {
    hint: "Enter the printed commands on the device itself.",
    details: { device: name },
  });
}

async function demandTaken(device: VirtualSwitch, { port, after }: PortChange, signal: AbortSignal): Promise<void> {
  const ports = (await device.readBridges(signal)).flatMap((bridge) => bridge.ports);
  const read = ports.find((candidate) => candidate.name === port);
  if (read !== undefined && isSamePortVlans(read.vlans, after)) return;
  throw new TrunklineError("fabric.not-applied", `port ${port} of ${device.name} did not take the change`, {
    details: { device: device.name, port },
  });
}

/** With a time of its own: the request may be over. */
async function takeBack(
  world: World,
  made: readonly { readonly change: PortChange; readonly device: VirtualSwitch }[],
  cause: unknown,
): Promise<void> {
  const left: string[] = [];
  for (const { change, device } of made.toReversed())
    try {
      const deadline = world.clock.deadline(limits.questionMs);
      await device.setPortVlans(change.port, change.after, change.before, deadline);
    } catch (error) {
      left.push(`${device.name}/${change.port}: ${messageOf(error)}`);
    }
  if (left.length === 0) return;
  throw new TrunklineError("fabric.not-applied", `${messageOf(cause)}; not taken back: ${left.join("; ")}`, {
    cause,
    details: { left },
  });
}
