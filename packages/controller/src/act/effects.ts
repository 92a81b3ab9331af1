/** Carries out the effects that the state machine asks for, through the ports, and says what came of them. */
import type { MoveCall, MoveEffect, MoveEvent } from "@trunkline/migration";
import { TrunklineError, assert, messageOf } from "@trunkline/model";
import type { MigrationEndpoint, MoveFailure, MoveRequest } from "@trunkline/model";
import type { Hypervisor, Transfer, TransferOptions, World } from "@trunkline/ports";
import { rateBoundOf } from "../decide/plan-transfer.ts";
import { limits } from "../limits.ts";
import type { Testimony, Witness } from "../verify/witness.ts";

export class EffectRunner {
  readonly #world: World;
  readonly #request: MoveRequest;
  readonly #witness: Witness | undefined;
  readonly #source: Hypervisor;
  readonly #target: Hypervisor;
  #transfer: Transfer | undefined;
  testimony: Testimony | undefined;

  constructor(world: World, request: MoveRequest, witness: Witness | undefined) {
    this.#world = world;
    this.#request = request;
    this.#witness = witness;
    this.#source = world.hypervisor(request.source);
    this.#target = world.hypervisor(request.target);
  }

  async run(effect: MoveEffect, signal: AbortSignal): Promise<MoveEvent | undefined> {
    switch (effect.kind) {
      case "begin":
        return await this.#call("begin", { kind: "begun" }, async () => {
          this.#transfer = await this.#open(signal);
          await this.#transfer.begin(signal);
        });
      case "prepare":
        return await this.#call("prepare", { kind: "prepared" }, async () => await this.#begun.prepare(signal));
      case "perform":
        return await this.#call("perform", { kind: "performed" }, async () => await this.#begun.perform(signal));
      case "perform-peer-to-peer":
        return await this.#call("perform", { kind: "performed" }, async () => {
          this.#transfer = await this.#open(signal);
          await this.#transfer.performPeerToPeer(signal);
        });
      case "finish":
        return await this.#call("finish", { kind: "finished" }, async () => await this.#begun.finish(signal));
      case "confirm":
        return await this.#call("confirm", { kind: "confirmed" }, async () => await this.#begun.confirm(signal));
      case "start-post-copy":
        return await this.#try("start-post-copy", async () => await this.#begun.startPostCopy(signal));
      case "recover-post-copy":
        return await this.#settle(async () => await this.#recover(signal));
      case "abort":
        // Whether the abort came in time, the result of perform says.
        await this.#source.abort(this.#request.vm, signal).catch(() => undefined);
        return undefined;
      case "unwind":
        await this.#transfer?.unwind(signal);
        return { kind: "unwound" };
      case "ask-both":
        await this.#world.clock.sleep(effect.afterMs, signal);
        return { kind: "sighted", ...(await this.#sightBoth(signal)) };
      case "resume-source":
        return await this.#settle(async () => {
          if (this.#transfer === undefined) await this.#source.resume(this.#request.vm, signal);
          else await this.#transfer.resumeSource(signal);
        });
      case "release-source":
        return await this.#settle(async () => {
          await this.#expectIdle(this.#source, signal);
          if (this.#transfer === undefined) await this.#source.destroy(this.#request.vm, signal);
          else await this.#transfer.releaseSource(signal);
        });
      case "discard-target":
        return await this.#settle(async () => {
          await this.#expectIdle(this.#target, signal);
          await this.#target.destroy(this.#request.vm, signal);
        });
      case "verify":
        this.testimony = await this.#testimonyOf(signal);
        return { kind: "verified", ...(await this.#sightBoth(signal)) };
    }
  }

  /** Undefined where no transfer was opened, or none was wished to be encrypted. */
  get encryption(): ReturnType<Transfer["encryption"]> | undefined {
    const { plan } = this.#request;
    return plan?.tls === undefined || plan.tls === "off" ? undefined : this.#transfer?.encryption();
  }

  async close(): Promise<void> {
    await this.#transfer?.close();
  }

  /** A phase without the transfer that it belongs to must fail, never count as done. */
  get #begun(): Transfer {
    assert(this.#transfer !== undefined, "every phase after begin has the transfer that begin opened");
    return this.#transfer;
  }

  async #open(signal: AbortSignal, way: Pick<TransferOptions, "recoversPostCopy"> = {}): Promise<Transfer> {
    const request = this.#request;
    const target = this.#world.inventory.hosts.find((host) => host.name === request.target);
    const options: TransferOptions = {
      vm: request.vm,
      vmName: request.vmName,
      isPersistent: request.isPersistent,
      ...(target?.migration === undefined ? {} : { targetAddress: target.migration.address }),
      ...(target?.peerUri === undefined ? {} : { targetPeerUri: target.peerUri }),
      ...rateBoundOf(request),
      ...tlsOf(request, target?.migration),
      ...disksOf(request),
      ...(request.plan?.autoConverge === undefined ? {} : { autoConverge: request.plan.autoConverge }),
      ...(request.plan?.postCopy === undefined ? {} : { mayPostCopy: true }),
      ...way,
    };
    return await this.#world.openTransfer(request.source, request.target, options, signal);
  }

  async #sightBoth(signal: AbortSignal): Promise<Pick<MoveEvent & { kind: "sighted" }, "source" | "target">> {
    const { vm } = this.#request;
    const [source, target] = await Promise.all([this.#source.sight(vm, signal), this.#target.sight(vm, signal)]);
    return { source, target };
  }

  /** A witness that fails takes nothing away from the move: its place is still asked of both hosts. */
  async #testimonyOf(signal: AbortSignal): Promise<Testimony | undefined> {
    try {
      return await this.#witness?.testify(signal);
    } catch (error) {
      const { vmName } = this.#request;
      const message = `the witness of the move failed: ${messageOf(error)}`;
      const remark = { rule: "witness", severity: "unknown", subject: vmName, message } as const;
      return { client: undefined, switchLearnedMs: undefined, evidence: [remark] };
    }
  }

  /** A copy is ended only while it is idle: asked once more, in the moment before it happens. */
  async #expectIdle(hypervisor: Hypervisor, signal: AbortSignal): Promise<void> {
    const sighting = await hypervisor.sight(this.#request.vm, signal);
    const isIdle =
      sighting.kind === "absent" ||
      (sighting.kind === "present" && (sighting.power !== "running" || sighting.reason === "migration-canceled"));
    if (!isIdle)
      throw new TrunklineError("host.failed", `the copy on ${hypervisor.host} is no longer idle, so it was left alone`);
  }

  /** Success says nothing yet: what was waiting for it answers. */
  async #try(call: MoveCall, work: () => Promise<void>): Promise<MoveEvent | undefined> {
    try {
      await work();
      return undefined;
    } catch (error) {
      return { kind: "call-failed", call, failure: failureOf(error) };
    }
  }

  /** libvirt takes it up again only when nobody holds the broken transfer any more. */
  async #recover(signal: AbortSignal): Promise<void> {
    await this.#transfer?.close();
    // A QEMU that has not noticed that its channel is dead must be told first; where it has, the call is refused.
    await this.#source.pausePostCopy(this.#request.vm, signal).catch(() => undefined);
    this.#transfer = await this.#open(signal, { recoversPostCopy: true });
    await this.#transfer.begin(signal);
    await this.#transfer.prepare(signal);
    await this.#transfer.perform(signal);
    await this.#transfer.finish(signal);
    await this.#transfer.confirm(signal);
  }

  async #call(call: MoveCall, done: MoveEvent, work: () => Promise<void>): Promise<MoveEvent> {
    try {
      await work();
      return done;
    } catch (error) {
      return { kind: "call-failed", call, failure: failureOf(error) };
    }
  }

  async #settle(work: () => Promise<void>): Promise<MoveEvent> {
    try {
      await work();
      return { kind: "settled", problem: null };
    } catch (error) {
      return { kind: "settled", problem: messageOf(error) };
    }
  }
}

function disksOf({ copyStorage, plan }: MoveRequest): Pick<TransferOptions, "disks"> {
  if (copyStorage === undefined || plan?.disks === undefined) return {};
  return { disks: { copy: copyStorage, targets: plan.disks.map(({ target }) => target) } };
}

function tlsOf({ plan, target }: MoveRequest, migration: MigrationEndpoint | undefined): Pick<TransferOptions, "tls"> {
  if (plan?.tls === undefined || plan.tls === "off") return {};
  const isRequired = plan.tls === "required";
  return { tls: { isRequired, certificateName: migration?.certificateName ?? target } };
}

function failureOf(error: unknown): MoveFailure {
  if (error instanceof TrunklineError) return { code: error.code, message: error.message, details: error.details };
  return { code: "internal.defect", message: messageOf(error).slice(0, limits.shellOutputBytes) };
}
