/** One move with everybody watching: how long it took, how long the client heard nothing, and of what that was made. */
import type { realWorld } from "@trunkline/controller";
import type { Lab } from "@trunkline/lab";
import { systemClock } from "@trunkline/controller";
import { TrunklineError } from "@trunkline/model";
import { runCommand } from "../command.ts";
import { limits } from "../limits.ts";
import { captureEcho } from "./capture.ts";
import type { Capture } from "./capture.ts";
import { silenceAround } from "./packets.ts";
import type { OwnShare } from "./own-share.ts";
import { proveWhole } from "./proof.ts";
import type { Wholeness } from "./proof.ts";
import { SwitchOverWatch } from "./switch-over.ts";
import type { Moved, Way } from "./ways.ts";

export interface MeasuredMove extends Wholeness {
  readonly source: string;
  readonly target: string;
  readonly totalMs: number;
  /** Longest time without an echo during all of the move, as the probe saw it. */
  readonly silenceMs: number;
  /** QEMU's own, from `virsh domjobinfo --completed` on the target. */
  readonly downtimeMs: number;
  /** The two libvirts' events, Unix time: the source stopped, the target went on. NaN where one was not heard. */
  readonly suspendedAtMs: number;
  readonly resumedAtMs: number;
  /** The silence around the switch-over, by tcpdump at the client. */
  readonly switchSilenceMs: number;
  /** Its three parts, cut by the two libvirts' events: until the source stopped, until the target went on, until the first echo. */
  readonly beforeStopMs: number;
  readonly stoppedMs: number;
  readonly afterResumeMs: number;
  /** Packets with data that the client sent in the silence, how many of them again, and when. */
  readonly packetsSent: number;
  readonly packetsResent: number;
  readonly resentAfterMs: readonly number[];
  readonly framesHandedOver: number | undefined;
  readonly phases: Moved["phases"] | undefined;
  readonly share: OwnShare | undefined;
}

type World = ReturnType<typeof realWorld>;
type Session = Awaited<ReturnType<ReturnType<World["probes"]>[number]["watch"]>>;

export class MoveWatch {
  readonly #lab: Lab;
  readonly #vm: string;
  readonly #world: World;
  readonly #capture: Capture;
  readonly #session: Session;
  readonly #switchOver: SwitchOverWatch;

  /** Opens the client's session, which stays open over all moves. */
  static async open(lab: Lab, world: World, vm: string, signal: AbortSignal): Promise<MoveWatch> {
    const [probe] = world.probes();
    const service = world.inventory.services.find((candidate) => candidate.vm === vm);
    if (probe === undefined || service === undefined)
      throw new TrunklineError("inventory.invalid", `the lab names no client or no echo service of ${vm}`);
    const uris = world.inventory.hosts.map(({ uri }) => uri);
    const switchOver = await SwitchOverWatch.open(uris, vm, signal);
    const capture = await captureEcho(lab.clientCommand(), service.echoPort);
    try {
      const target = { address: service.address, echoPort: service.echoPort, macs: [] };
      const session = await probe.watch(target, signal);
      return new MoveWatch(lab, vm, world, capture, session, switchOver);
    } catch (error) {
      await Promise.all([capture.stop(), switchOver.close()]);
      throw error;
    }
  }

  private constructor(
    lab: Lab,
    vm: string,
    world: World,
    capture: Capture,
    session: Session,
    switchOver: SwitchOverWatch,
  ) {
    this.#lab = lab;
    this.#vm = vm;
    this.#world = world;
    this.#capture = capture;
    this.#session = session;
    this.#switchOver = switchOver;
  }

  async measure(way: Way, signal: AbortSignal): Promise<MeasuredMove> {
    const course = { vm: this.#vm, ...(await this.whereTo()) };
    await systemClock.sleep(settleMs, signal);
    this.#switchOver.take();
    this.#session.resetGap();
    const { totalMs, share, framesHandedOver, phases } = await way.move(course, signal);
    await this.#session.nextEcho(limits.echoMs);
    await systemClock.sleep(settleMs, signal);
    const { longestGapMs } = this.#session.figures();
    const { suspendedAtMs = Number.NaN, resumedAtMs = Number.NaN } = this.#switchOver.take();
    const silence = silenceAround(this.#capture.packets, suspendedAtMs, resumedAtMs);
    const { source, target } = course;
    return {
      source,
      target,
      totalMs,
      silenceMs: longestGapMs,
      suspendedAtMs,
      resumedAtMs,
      downtimeMs: await this.#downtimeOf(target, signal),
      switchSilenceMs: silence?.silenceMs ?? Number.NaN,
      beforeStopMs: suspendedAtMs - (silence?.lastEchoAtMs ?? Number.NaN),
      stoppedMs: resumedAtMs - suspendedAtMs,
      afterResumeMs: (silence?.firstEchoAtMs ?? Number.NaN) - resumedAtMs,
      packetsSent: silence?.sent ?? Number.NaN,
      packetsResent: silence?.resent ?? Number.NaN,
      resentAfterMs: silence?.resentAfterMs ?? [],
      framesHandedOver,
      phases,
      share,
      ...(await proveWhole(this.#lab, this.#vm)),
    };
  }

  /** @returns what the session's bytes came to: it was open all the time. */
  async close(): Promise<{ readonly sessionSurvived: boolean; readonly bytesLost: number }> {
    const { sessionSurvived, bytesSent, bytesEchoed, bytesWrong } = await this.#session.stop();
    await Promise.all([this.#capture.stop(), this.#switchOver.close()]);
    return { sessionSurvived, bytesLost: bytesSent - bytesEchoed + bytesWrong };
  }

  /** From where it is to where it is not, by virsh's word. */
  async whereTo(): Promise<{ readonly source: string; readonly target: string }> {
    const { vms, hosts } = await this.#lab.status();
    const source = vms.find(({ name, state }) => name === this.#vm && state === "running")?.host;
    const target = hosts.find(({ name }) => name !== source)?.name;
    if (source !== undefined && source !== null && target !== undefined) return { source, target };
    throw new TrunklineError("lab.failed", `${this.#vm} runs on no host of the lab`);
  }

  async #downtimeOf(host: string, signal: AbortSignal): Promise<number> {
    const uri = this.#world.inventory.hosts.find(({ name }) => name === host)?.uri ?? "";
    const { stdout } = await runCommand(["virsh", "-c", uri, "domjobinfo", "--completed", this.#vm], signal);
    return Number(/^Total downtime:\s+(\d+)\s+ms/m.exec(stdout)?.[1] ?? Number.NaN);
  }
}

/** Long enough for the five announcements (550 ms) and for the probe's next report (100 ms). */
const settleMs = 700;
