/** Asks a guest's status service, from the client's place in the tenant VLAN. */
import { z } from "zod";
import { LabError } from "../lab-error.ts";
import { GUEST_LOAD_TIMEOUT_MS, GUEST_STATUS_TIMEOUT_MS, GUEST_VERIFY_TIMEOUT_MS } from "../limits.ts";
import { runUnchecked } from "../process/run.ts";
import type { VmPlan } from "../topology/lab-plan.ts";

export const ECHO_PORT = 7;
export const STATUS_PORT = 7000;

const statusSchema = z.object({
  uptimeMs: z.number(),
  /** The number of the last record on stable storage, counted from the first boot with this disk. */
  recordsWritten: z.number(),
  writeErrors: z.number(),
  diskVerifyErrors: z.number(),
  memoryPagesChecked: z.number(),
  memoryErrors: z.number(),
  dirtyRateMiBps: z.number(),
  diskFull: z.boolean(),
  /** Sent back on UDP port 7, and received on UDP port 9. */
  datagramsEchoed: z.number(),
  datagramsDiscarded: z.number(),
  /** Memory that the guest has filled, and the part of it that it rewrites in turn. */
  bufferMiB: z.number(),
  workingSetMiB: z.number(),
});

export type GuestStatus = z.output<typeof statusSchema>;

/** Undefined when the guest does not answer in time. With `verify` it first reads back every record on its disk. */
export async function askGuest(
  clientCommand: readonly string[],
  vm: VmPlan,
  options: { readonly verify?: boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<GuestStatus | undefined> {
  const isVerifying = options.verify === true;
  // A verification is given minutes; a guest that does not even say how it is gets none of them.
  if (isVerifying && (await askGuest(clientCommand, vm, { signal: options.signal })) === undefined) return undefined;
  const timeoutMs = isVerifying ? GUEST_VERIFY_TIMEOUT_MS : GUEST_STATUS_TIMEOUT_MS;
  const silenceS = isVerifying ? timeoutMs / 1000 : 2;
  const request = { line: isVerifying ? "verify" : "status", silenceS, timeoutMs };
  const stdout = await requestOfGuest(clientCommand, vm, request, options.signal);
  return stdout.trim() === "" ? undefined : readStatus(vm, stdout);
}

/** How the guest uses its memory: `bufferMiB` of it filled, the first `workingSetMiB` of that rewritten in turn. */
export interface GuestLoad {
  readonly bufferMiB: number;
  readonly workingSetMiB: number;
  readonly rateMiBps: number;
}

/** Returns when the memory is filled; undefined when the guest does not answer. */
export async function loadGuest(
  clientCommand: readonly string[],
  vm: VmPlan,
  { bufferMiB, workingSetMiB, rateMiBps }: GuestLoad,
  signal: AbortSignal | undefined,
): Promise<GuestStatus | undefined> {
  const line = `load ${bufferMiB} ${workingSetMiB} ${rateMiBps}`;
  const request = { line, silenceS: GUEST_LOAD_TIMEOUT_MS / 1000, timeoutMs: GUEST_LOAD_TIMEOUT_MS };
  const stdout = await requestOfGuest(clientCommand, vm, request, signal);
  return stdout.trim() === "" ? undefined : readStatus(vm, stdout);
}

function readStatus(vm: VmPlan, stdout: string): GuestStatus {
  const parsed = statusSchema.safeParse(parseJson(stdout));
  if (parsed.success) return parsed.data;
  throw new LabError(
    "lab.guest",
    `The guest ${vm.name} answered something else than a status line: ${stdout.slice(0, 200)}`,
    {
      hint: `Read its console, ${vm.console}.`,
    },
  );
}

/** One line to the status service, and all that comes back; empty when the guest does not answer. */
export async function requestOfGuest(
  clientCommand: readonly string[],
  vm: VmPlan,
  request: { readonly line: string; readonly silenceS: number; readonly timeoutMs: number },
  signal: AbortSignal | undefined,
): Promise<string> {
  const { line, silenceS, timeoutMs } = request;
  // netcat's own limit holds for the connection and the last answer; `timeout` bounds the whole.
  const netcat = ["busybox", "nc", "-w", String(silenceS), vm.address, String(STATUS_PORT)];
  const bound = ["timeout", String(timeoutMs / 1000)];
  const options = { input: `${line}\n`, signal, timeoutMs: timeoutMs * 2 };
  return (await runUnchecked([...clientCommand, ...bound, ...netcat], options)).stdout;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
