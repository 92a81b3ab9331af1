/**
 * The witness of one move: a client with an open session, an ear for announcements, an eye on the MAC tables. It starts
 * before the move and judges nothing; it says what it saw.
 */
import type { FabricView } from "@trunkline/fabric";
import { hostName, messageOf } from "@trunkline/model";
import type { CheckResult, ClientFigures, VmDescription } from "@trunkline/model";
import type { ProbeFigures, ProbeWatch, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import { watchLearning } from "./mac-learning.ts";
import type { Learning } from "./mac-learning.ts";

export interface Testimony {
  readonly client: ClientFigures | undefined;
  readonly switchLearnedMs: number | undefined;
  readonly evidence: readonly CheckResult[];
}

export interface Witness {
  /** Call it when the target says that the guest runs there. Calls after the first are ignored. */
  guestResumed(): void;
  /** Waits until the client was answered, the announcements had their time, and the switches were asked. */
  testify(signal: AbortSignal): Promise<Testimony>;
  stop(): Promise<void>;
}

export async function callWitness(
  world: World,
  view: FabricView,
  vm: VmDescription,
  target: string,
  signal: AbortSignal,
): Promise<Witness> {
  const session = await openSession(world, vm, signal);
  const remarks: CheckResult[] = session.remark === undefined ? [] : [session.remark];
  let learning: Promise<Learning> | undefined;
  let resumedMs: number | undefined;
  const stopped = new AbortController();
  session.watch?.resetGap();

  return {
    guestResumed: () => {
      if (learning !== undefined) return;
      resumedMs = world.clock.nowMs();
      learning = watchLearning(world, view, vm, target, AbortSignal.any([signal, stopped.signal]));
      learning.catch(() => undefined);
    },
    testify: async (askSignal) => {
      const evidence = [...remarks];
      const first = await (learning ?? watchLearning(world, view, vm, target, askSignal));
      const learned = hasLearned(first) ? first : await announceAgain(world, view, vm, target, askSignal);
      let client: ClientFigures | undefined;
      if (session.watch !== undefined) {
        const answer = await answered(session.watch, session.subject);
        const elapsed = resumedMs === undefined ? 0 : world.clock.nowMs() - resumedMs;
        await world.clock.sleep(Math.max(0, limits.announceMs - elapsed), askSignal);
        const figures = await session.watch.stop();
        client = clientFigures(figures);
        evidence.push(answer, ...clientEvidence(session.subject, figures));
      }
      return { client, switchLearnedMs: learned.learnedMs, evidence: [...evidence, ...learned.evidence] };
    },
    stop: async () => {
      stopped.abort();
      await session.watch?.stop();
    },
  };
}

/** A switch that could not be asked is none that has not learned. */
const hasLearned = ({ evidence }: Learning): boolean => evidence.every(({ severity }) => severity !== "warn");

/** The announcements after the switch-over were lost, or the way was not there yet: the guest's cards make them once more. */
async function announceAgain(
  world: World,
  view: FabricView,
  vm: VmDescription,
  target: string,
  signal: AbortSignal,
): Promise<Learning> {
  const remark = { rule: "announced-again", subject: vm.name } as const;
  try {
    await world.hypervisor(hostName(target)).announce(vm.id, signal);
  } catch (error) {
    const message = `switches have not learned where it is, and ${target} could not announce it: ${messageOf(error)}`;
    const { evidence } = await watchLearning(world, view, vm, target, signal);
    return { learnedMs: undefined, evidence: [...evidence, { ...remark, severity: "warn", message }] };
  }
  const { evidence } = await watchLearning(world, view, vm, target, signal);
  const message = `switches had not learned where it is within ${limits.learnMs / 1000} s, so ${target} announced it once more`;
  // How long they took by themselves, nobody knows: longer than they were watched.
  return { learnedMs: undefined, evidence: [...evidence, { ...remark, severity: "warn", message }] };
}

interface Session {
  readonly watch: ProbeWatch | undefined;
  readonly subject: string;
  readonly remark: CheckResult | undefined;
}

async function openSession(world: World, vm: VmDescription, signal: AbortSignal): Promise<Session> {
  const rule = "session-answered";
  const [probe] = world.probes();
  const service = world.inventory.services.find((candidate) => candidate.vm === vm.name);
  if (probe === undefined || service === undefined) {
    const missing = probe === undefined ? "no probe point" : `no echo service of ${vm.name}`;
    const message = `the inventory names ${missing}, so no client is watched and its silence is not measured`;
    return { watch: undefined, subject: vm.name, remark: { rule, severity: "unknown", subject: vm.name, message } };
  }
  const subject = `${probe.point} to ${service.address}:${service.echoPort}`;
  const target = { address: service.address, echoPort: service.echoPort, macs: vm.nics.map((nic) => nic.mac) };
  try {
    return { watch: await probe.watch(target, signal), subject, remark: undefined };
  } catch (error) {
    const remark: CheckResult = {
      rule,
      severity: "unknown",
      subject,
      message: `no session could be opened before the move: ${messageOf(error)}`,
    };
    return { watch: undefined, subject, remark };
  }
}

async function answered(watch: ProbeWatch, subject: string): Promise<CheckResult> {
  const rule = "session-answered";
  try {
    await watch.nextEcho(limits.answerMs);
    return {
      rule,
      severity: "pass",
      subject,
      message: "the session that was open before the move is answered after it",
    };
  } catch (error) {
    return {
      rule,
      severity: "warn",
      subject,
      message: messageOf(error),
      fix: "look at the VM's address, VLAN and routes on the target",
    };
  }
}

const clientFigures = (figures: ProbeFigures): ClientFigures => ({
  clientGapMs: figures.longestGapMs,
  tcpSessionSurvived: figures.sessionSurvived,
  tcpBytesLost: figures.bytesSent - figures.bytesEchoed + figures.bytesWrong,
  announceFrames: figures.announceFrames,
});

function clientEvidence(subject: string, figures: ProbeFigures): readonly CheckResult[] {
  const frames = figures.announceFrames;
  return [
    {
      rule: "client-silence",
      severity: "pass",
      subject,
      message: `longest silence ${figures.longestGapMs} ms; ${figures.bytesEchoed} of ${figures.bytesSent} bytes came back`,
    },
    frames > 0
      ? {
          rule: "announced",
          severity: "pass",
          subject,
          message: `${frames} reverse-ARP frame(s) from the VM's address were seen there`,
        }
      : {
          rule: "announced",
          severity: "warn",
          subject,
          message: "no reverse-ARP frame from the VM's address was seen there",
          fix: "check that the VLAN reaches the probe point, and that tcpdump is installed there",
        },
  ];
}
