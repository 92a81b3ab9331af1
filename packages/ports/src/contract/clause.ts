/**
 * What every implementation of the ports must do, as clauses that can be tried on any of them: the simulator and real
 * hosts run the same suite, so that what is proven on the one holds for the other.
 */
import type { HostName, Sighting, VmId } from "@trunkline/model";
import { limits } from "../limits.ts";
import type { Transfer, TransferOptions } from "../hypervisor.ts";
import type { World } from "../world.ts";

/** Two hosts that answer, and a VM that runs on `here` and nowhere else. Every clause leaves it so, on either host. */
export interface ContractHarness {
  readonly world: World;
  readonly here: HostName;
  readonly there: HostName;
  readonly vm: VmId;
  readonly vmName: string;
  readonly isPersistent: boolean;
  /** The host's daemon ends at once; its VMs run on. */
  silence(host: HostName): Promise<void>;
  /** Returns when it answers again. */
  restore(host: HostName): Promise<void>;
  /** Behind the controller's back. */
  stopVm(host: HostName): Promise<void>;
  startVm(host: HostName): Promise<void>;
}

export interface ContractClause {
  readonly duty: string;
  readonly check: (harness: ContractHarness) => Promise<void>;
}

class ContractError extends Error {
  override readonly name = "ContractError";
}

export function demand(condition: boolean, message: string): asserts condition {
  if (!condition) throw new ContractError(message);
}

export function demandEqual(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  demand(left === right, `${what} is ${left ?? "undefined"}, not ${right ?? "undefined"}`);
}

/** @param code of the error that the promise must be rejected with. */
export async function demandRefusal(work: Promise<unknown>, code: string, what: string): Promise<void> {
  try {
    await work;
  } catch (error) {
    const found = error !== null && typeof error === "object" && "code" in error ? error.code : String(error);
    demandEqual(found, code, `the code of ${what}`);
    return;
  }
  throw new ContractError(`${what} was not refused`);
}

/** Looks again and again until it is true, for a bounded time. */
export async function demandSoon(
  { world }: ContractHarness,
  what: string,
  look: () => Promise<boolean>,
): Promise<void> {
  for (let at = 0; at < limits.contractLooks; at += 1) {
    if (await look()) return;
    await world.clock.sleep(limits.contractPauseMs, never);
  }
  throw new ContractError(`it did not come true that ${what}`);
}

/** `running/migrated job none`, `absent`, `unreachable`. */
export async function seen({ world, vm }: ContractHarness, host: HostName): Promise<string> {
  return sightingText(await world.hypervisor(host).sight(vm, never));
}

const sightingText = (sighting: Sighting): string =>
  sighting.kind === "present" ? `${sighting.power}/${sighting.reason} job ${sighting.job}` : sighting.kind;

export async function openTransfer(
  harness: ContractHarness,
  change: Partial<TransferOptions> = {},
  [from, to]: readonly [HostName, HostName] = [harness.here, harness.there],
): Promise<Transfer> {
  const { world, vm, vmName, isPersistent } = harness;
  const target = world.inventory.hosts.find((host) => host.name === to);
  const options: TransferOptions = {
    vm,
    vmName,
    isPersistent,
    ...(target?.migration === undefined ? {} : { targetAddress: target.migration.address }),
    ...(target?.peerUri === undefined ? {} : { targetPeerUri: target.peerUri }),
    ...change,
  };
  return await world.openTransfer(from, to, options, never);
}

/** The contract's calls have bounds of their own. */
export const never: AbortSignal = new AbortController().signal;

/** A UUID that no VM has. */
export const nobody = "00000000-0000-4000-8000-00000000dead" as VmId;
