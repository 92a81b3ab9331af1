/**
 * The `Transfer` port: libvirt's migration protocol version 3 with typed parameters, in our hands.
 *
 *   begin (source) ─▶ prepare (target) ─▶ perform (source) ─▶ finish (target) ─▶ confirm (source)
 *
 * Each phase hands the next an opaque cookie. The source and the target have a connection of their own here, apart from
 * the ones that answer questions: perform blocks as long as the move lasts, and libvirt serves five calls a connection.
 * When this process dies the connections close, and libvirt calls the migration off on both sides.
 */
import { connect, domByUuid, migrateFlags, migrateParam, remoteErrorCode, typedParam } from "@trunkline/libvirt";
import type { Connection, Dom, LibvirtError, TypedParam } from "@trunkline/libvirt";
import { assert, messageOf } from "@trunkline/model";
import type { InventoryHost } from "@trunkline/model";
import type { Transfer, TransferOptions } from "@trunkline/ports";
import { limits } from "../../limits.ts";
import { hostError, remoteCodeOf } from "./errors.ts";
import { mibPerS } from "./figures.ts";

export async function openTransfer(
  source: InventoryHost,
  target: InventoryHost,
  options: TransferOptions,
  signal: AbortSignal,
): Promise<Transfer> {
  const sourceConnection = await dial(source, signal);
  try {
    return new LibvirtTransfer(
      { host: source, connection: sourceConnection },
      { host: target, connection: await dial(target, signal) },
      options,
    );
  } catch (error) {
    await sourceConnection.close();
    throw error;
  }
}

interface Side {
  readonly host: InventoryHost;
  readonly connection: Connection;
}

class LibvirtTransfer implements Transfer {
  readonly #source: Side;
  readonly #target: Side;
  readonly #options: TransferOptions;
  readonly #dom: Dom;
  #isEncrypted: boolean;
  /** It was asked for, and may have begun. */
  #isPostCopy: boolean;
  #whyClear: string | undefined;
  /** How far it came, so that unwinding calls off what was begun and nothing else. */
  #reached: "nothing" | "begun" | "prepared" | "performed" | "finishing" | "finished" | "over" = "nothing";
  #xml = "";
  #uri: string | null = null;
  #cookie: Uint8Array = emptyCookie;

  constructor(source: Side, target: Side, options: TransferOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
    this.#dom = domByUuid(options.vm);
    this.#isEncrypted = options.tls !== undefined;
    this.#isPostCopy = options.recoversPostCopy === true;
  }

  encryption(): { readonly isEncrypted: boolean; readonly why?: string } {
    const why = this.#whyClear;
    return { isEncrypted: this.#isEncrypted, ...(why === undefined ? {} : { why }) };
  }

  async begin(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "nothing", "begin comes first and once");
    await this.#on(this.#source, "begin the move", async ({ connection }) => {
      await this.#begin(connection, signal);
    });
  }

  async #begin(connection: Connection, signal: AbortSignal): Promise<void> {
    const args = { dom: this.#dom, params: this.#params(), flags: this.#sourceFlags };
    const { cookie, xml } = await connection.call("domainMigrateBegin3Params", args, phase(signal));
    this.#cookie = cookie;
    this.#xml = xml;
    this.#reached = "begun";
  }

  /** Where encryption is a wish only, and the target has no certificates, all of it begins anew in the clear. */
  async prepare(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "begun", "prepare follows begin");
    try {
      await this.#prepare(signal);
    } catch (error) {
      if (!this.#isEncrypted || this.#options.tls?.isRequired !== false || signal.aborted) throw error;
      this.#isEncrypted = false;
      this.#whyClear = messageOf(error);
      await this.#on(this.#source, "begin the move in the clear", async ({ connection }) => {
        await this.#sendConfirm(1, signal);
        this.#reached = "nothing";
        this.#xml = "";
        await this.#begin(connection, signal);
      });
      await this.#prepare(signal);
    }
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    await this.#on(this.#target, "prepare for the VM", async ({ connection }) => {
      const args = { params: this.#params(), cookie: this.#cookie, flags: this.#targetFlags };
      const { cookie, uri } = await connection.call("domainMigratePrepare3Params", args, phase(signal));
      this.#cookie = cookie;
      this.#uri = uri;
      this.#reached = "prepared";
    });
  }

  /**
   * The source's libvirt does not know the target's: with that one dead it would go on sending into a copy that nobody
   * can finish, and in the end pause the guest for it. So the copy is called off as soon as the target is gone.
   */
  async perform(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "prepared", "perform follows prepare");
    const copying: { isOver: boolean; targetLost?: LibvirtError } = { isOver: false };
    void this.#target.connection.closed.then(async (reason) => {
      if (copying.isOver) return;
      copying.targetLost = reason;
      // Whether it came in time, the result of perform says.
      const abort = this.#source.connection.call("domainAbortJob", { dom: this.#dom }, phase(signal));
      await abort.catch(() => undefined);
    });
    try {
      await this.#on(this.#source, "send the VM", async ({ connection }) => {
        const args = {
          dom: this.#dom,
          targetUri: null,
          params: this.#params(),
          cookie: this.#cookie,
          flags: this.#sourceFlags,
        };
        const { cookie } = await connection.call("domainMigratePerform3Params", args, { signal, timeoutMs: null });
        this.#cookie = cookie;
        this.#reached = "performed";
      });
    } catch (error) {
      throw copying.targetLost === undefined
        ? error
        : hostError(this.#target.host.name, "take the VM", copying.targetLost);
    } finally {
      copying.isOver = true;
    }
  }

  async startPostCopy(signal: AbortSignal): Promise<void> {
    assert(this.#options.mayPostCopy === true, "post-copy is started where both QEMUs were made ready for it");
    this.#isPostCopy = true;
    await this.#on(this.#source, "let the rest follow the VM", async ({ connection }) => {
      await connection.call("domainMigrateStartPostCopy", { dom: this.#dom, flags: 0 }, phase(signal));
    });
  }

  async finish(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "performed", "finish follows perform");
    // From here on the target may run the VM, whatever becomes of the answer: unwinding is over.
    this.#reached = "finishing";
    const fromSource = this.#cookie;
    // Confirm wants the target's cookie. When that never came there is none: libvirt refuses one of its own host.
    this.#cookie = emptyCookie;
    await this.#on(this.#target, "run the VM", async ({ connection }) => {
      const args = { params: this.#params(), cookie: fromSource, flags: this.#targetFlags, cancelled: 0 };
      // Post-copy ends with its last page, whenever that is.
      const options = this.#isPostCopy ? { signal, timeoutMs: null } : phase(signal);
      const { cookie } = await connection.call("domainMigrateFinish3Params", args, options);
      this.#cookie = cookie;
      this.#reached = "finished";
    });
  }

  async confirm(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "finished", "confirm follows a finish that succeeded");
    await this.#on(this.#source, "let its copy go", async () => {
      await this.#sendConfirm(0, signal);
      this.#reached = "over";
    });
  }

  async performPeerToPeer(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "nothing", "a peer-to-peer move is one call");
    const { targetPeerUri } = this.#options;
    assert(targetPeerUri !== undefined, "a peer-to-peer move needs the target's URI as the source sees it");
    await this.#on(this.#source, "move the VM", async ({ connection }) => {
      const brake = this.#options.autoConverge === undefined ? 0 : migrateFlags.autoConverge;
      const flags = this.#targetFlags | migrateFlags.peerToPeer | brake;
      const args = { dom: this.#dom, targetUri: targetPeerUri, params: this.#params(), cookie: emptyCookie, flags };
      await connection.call("domainMigratePerform3Params", args, { signal, timeoutMs: null });
      this.#reached = "over";
    });
  }

  async unwind(signal: AbortSignal): Promise<void> {
    const reached = this.#reached;
    if (reached !== "begun" && reached !== "prepared" && reached !== "performed") return;
    // Neither call is allowed to reject: what it leaves behind is found by asking both hosts.
    if (reached !== "begun") {
      const args = { params: this.#params(), cookie: emptyCookie, flags: this.#targetFlags, cancelled: 1 };
      await this.#target.connection.call("domainMigrateFinish3Params", args, phase(signal)).catch(() => undefined);
    }
    await this.#sendConfirm(1, signal).catch(() => undefined);
    this.#reached = "over";
  }

  async resumeSource(signal: AbortSignal): Promise<void> {
    await this.#on(this.#source, "let the VM go on", async ({ connection }) => {
      if (this.#holdsJob()) {
        await this.#sendConfirm(1, signal);
        this.#reached = "over";
      } else {
        await connection.call("domainResume", { dom: this.#dom }, phase(signal));
      }
    });
  }

  async releaseSource(signal: AbortSignal): Promise<void> {
    await this.#on(this.#source, "let its copy go", async ({ connection }) => {
      if (this.#holdsJob()) {
        await this.#sendConfirm(0, signal);
        this.#reached = "over";
        return;
      }
      await connection.call("domainDestroy", { dom: this.#dom }, phase(signal)).catch((error: unknown) => {
        if (remoteCodeOf(error) !== remoteErrorCode.noDomain) throw error;
      });
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#source.connection.close(), this.#target.connection.close()]);
  }

  get #targetFlags(): number {
    const definition = migrateFlags.persistDest | migrateFlags.undefineSource;
    const { isPersistent, mayPostCopy, recoversPostCopy } = this.#options;
    const tls = this.#isEncrypted ? migrateFlags.tls : 0;
    const postCopy = mayPostCopy === true || recoversPostCopy === true ? migrateFlags.postCopy : 0;
    const resume = recoversPostCopy === true ? migrateFlags.postCopyResume : 0;
    return migrateFlags.live | (isPersistent ? definition : 0) | tls | postCopy | resume | this.#diskFlag;
  }

  /** CHANGE_PROTECTION keeps others from changing the domain until confirm; it concerns the source alone. */
  get #sourceFlags(): number {
    const brake = this.#options.autoConverge === undefined ? 0 : migrateFlags.autoConverge;
    return this.#targetFlags | migrateFlags.changeProtection | brake;
  }

  get #diskFlag(): number {
    const { disks } = this.#options;
    if (disks === undefined) return 0;
    return disks.copy === "full" ? migrateFlags.nonSharedDisk : migrateFlags.nonSharedInc;
  }

  #holdsJob(): boolean {
    return this.#reached !== "nothing" && this.#reached !== "over" && this.#source.connection.isOpen;
  }

  async #sendConfirm(cancelled: 0 | 1, signal: AbortSignal): Promise<void> {
    const cookie = cancelled === 1 ? emptyCookie : this.#cookie;
    const args = { dom: this.#dom, params: this.#params(), cookie, flags: this.#sourceFlags, cancelled };
    await this.#source.connection.call("domainMigrateConfirm3Params", args, phase(signal));
  }

  /** All phases get the same parameters; each reads those that concern it. */
  #params(): TypedParam[] {
    const { vmName, targetAddress, maxRateBps, autoConverge, tls, mayPostCopy, recoversPostCopy } = this.#options;
    const params = [typedParam.string("destination_name", vmName)];
    if (this.#xml !== "") params.push(typedParam.string("destination_xml", this.#xml));
    if (this.#uri !== null) params.push(typedParam.string("migrate_uri", this.#uri));
    else if (targetAddress !== undefined) params.push(typedParam.string("migrate_uri", `tcp://${targetAddress}`));
    if (maxRateBps !== undefined) params.push(typedParam.ullong("bandwidth", mibPerS(maxRateBps)));
    if (maxRateBps !== undefined && (mayPostCopy === true || recoversPostCopy === true))
      params.push(typedParam.ullong(migrateParam.bandwidthPostCopy, mibPerS(maxRateBps)));
    if (this.#isEncrypted && tls?.certificateName !== undefined)
      params.push(typedParam.string(migrateParam.tlsDestination, tls.certificateName));
    // Without a list libvirt would copy every disk that is not marked as shared: the SAN's, too.
    for (const target of this.#options.disks?.targets ?? [])
      params.push(typedParam.string(migrateParam.migrateDisks, target));
    if (autoConverge !== undefined)
      params.push(
        typedParam.int(migrateParam.autoConvergeInitial, autoConverge.initial),
        typedParam.int(migrateParam.autoConvergeIncrement, autoConverge.increment),
      );
    return params;
  }

  async #on(side: Side, doing: string, work: (side: Side) => Promise<void>): Promise<void> {
    try {
      await work(side);
    } catch (error) {
      throw hostError(side.host.name, doing, error);
    }
  }
}

const emptyCookie = new Uint8Array(0);

const phase = (signal: AbortSignal): { signal: AbortSignal; timeoutMs: number } => ({
  signal,
  timeoutMs: limits.phaseCallMs,
});

async function dial(host: InventoryHost, signal: AbortSignal): Promise<Connection> {
  try {
    return await connect(host.uri, { signal, connectTimeoutMs: limits.connectMs });
  } catch (error) {
    throw hostError(host.name, "open a connection for the move", error);
  }
}
