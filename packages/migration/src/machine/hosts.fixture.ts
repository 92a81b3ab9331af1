/**
 * Two libvirt hosts that a move can be tried on: as small as they can be and still behave as docs/state-machine.md says
 * they do when a daemon, a QEMU process or the driving client dies. Time is counted in ticks; every choice is drawn from
 * a list of numbers, and a list that has come to its end chooses what is well.
 */
import type { PowerReason, Sighting } from "@trunkline/model";

/** Draws: 0 is "nothing unusual"; the list decides everything, so that a failing run shrinks to its few faults. */
export class Draws {
  private at = 0;
  private readonly list: readonly number[];

  constructor(list: readonly number[]) {
    this.list = list;
  }

  /** A number below `bound`. */
  next(bound: number): number {
    const drawn = this.list[this.at] ?? 0;
    this.at += 1;
    return drawn % bound;
  }
}

type Side = "source" | "target";

interface Host {
  vm: "none" | "running" | "paused";
  reason: PowerReason;
  hasJob: boolean;
  /** 0: the daemon answers. */
  downTicks: number;
  /** Our connection of the transfer; a dead daemon ends it for good. */
  isConnected: boolean;
}

/** What libvirt does by itself in peer-to-peer mode. */
type PeerStage = "idle" | "copy" | "finish" | "confirm" | "done" | "failed";

/** libvirt removes the incoming copy of a lost client within 250 ms: two ticks. */
const clearTicks = 2;

export class Hosts {
  readonly source: Host = { vm: "running", reason: "booted", hasJob: false, downTicks: 0, isConnected: true };
  readonly target: Host = { vm: "none", reason: "other", hasJob: false, downTicks: 0, isConnected: true };
  heard: ("source-suspended" | "target-resumed")[] = [];
  peer: PeerStage = "idle";
  /** Two copies by libvirt's own doing: only peer-to-peer has it. */
  hasSplit = false;
  private isFilled = false;
  /** Pages follow the guest: ticks until the last one is there; undefined where they precede it. */
  private pagesIn: number | undefined;
  private copyTicks = 0;
  private clearIn = 0;
  private readonly keepsDefinition: boolean;

  constructor(keepsDefinition: boolean) {
    this.keepsDefinition = keepsDefinition;
  }

  /** A guest whose missing pages are lost counts for none: it stands still and never goes on. */
  runningCopies(): number {
    return [this.source, this.target].filter((host) => host.vm === "running" && !this.isLost(host)).length;
  }

  isLost(host: Host): boolean {
    return host === this.target && host.reason === "postcopy-failed" && this.source.vm === "none";
  }

  /** Pages have begun to follow, or were to. */
  get isInPostCopy(): boolean {
    return this.pagesIn !== undefined;
  }

  sight(side: Side): Sighting {
    const host = this[side];
    if (host.downTicks > 0) return { kind: "unreachable", why: "connection refused" };
    if (host.vm === "none")
      return side === "source" && this.keepsDefinition
        ? { kind: "present", power: "shutoff", reason: "other", job: "none" }
        : { kind: "absent" };
    return { kind: "present", power: host.vm, reason: host.reason, job: host.hasJob ? "migration-out" : "none" };
  }

  tick(): void {
    for (const host of [this.source, this.target])
      if (host.downTicks > 0) {
        host.downTicks -= 1;
        if (host.downTicks === 0) this.restartDaemon(host);
      }
    if (this.clearIn > 0 && this.target.downTicks === 0) {
      this.clearIn -= 1;
      if (this.clearIn === 0 && this.isWaiting()) this.target.vm = "none";
    }
    this.advancePeer();
    this.advancePostCopy();
  }

  // The five calls, and what stands for them when they are called off. Each returns what libvirt's answer would be.

  begin(): boolean {
    if (!this.talksTo(this.source) || this.source.vm !== "running") return false;
    this.source.hasJob = true;
    return true;
  }

  prepare(): boolean {
    if (!this.talksTo(this.target) || this.target.vm !== "none") return false;
    this.target.vm = "paused";
    this.target.reason = "migration";
    return true;
  }

  /** The whole copy and the last pass. */
  perform(): boolean {
    if (!this.talksTo(this.source) || !this.source.hasJob) return false;
    return this.copy();
  }

  /** The source's guest stops; what is left of its memory follows once the target runs. */
  startPostCopy(ticks: number): boolean {
    if (this.source.downTicks > 0 || !this.source.hasJob || this.source.vm !== "running" || !this.isWaiting())
      return false;
    this.source.vm = "paused";
    this.source.reason = "postcopy";
    this.pagesIn = 1 + ticks;
    this.heard.push("source-suspended");
    return true;
  }

  /** @returns false where the target does not run it. Pages flow from now on, and `isFetched` says when that is over. */
  finishPostCopy(): boolean {
    if (!this.talksTo(this.target) || !this.isWaiting() || this.source.vm !== "paused") return false;
    this.target.vm = "running";
    this.target.reason = "postcopy";
    this.heard.push("target-resumed");
    return true;
  }

  get isFetched(): boolean {
    return this.target.vm === "running" && this.target.reason === "migrated";
  }

  /** The way between the two breaks, and both QEMUs notice. */
  breakChannel(): void {
    if (this.target.reason !== "postcopy" || this.source.reason !== "postcopy") return;
    this.source.reason = "postcopy-failed";
    this.target.reason = "postcopy-failed";
  }

  recoverPostCopy(): boolean {
    if (this.source.downTicks > 0 || this.target.downTicks > 0) return false;
    if (this.source.vm !== "paused" || this.target.reason !== "postcopy-failed") return false;
    this.endSource();
    this.target.reason = "migrated";
    this.pagesIn = undefined;
    return true;
  }

  finish(): boolean {
    if (!this.talksTo(this.target) || !this.isWaiting()) return false;
    if (!this.isFilled) {
      this.target.vm = "none";
      return false;
    }
    this.resumeTarget();
    return true;
  }

  confirm(): boolean {
    if (!this.talksTo(this.source) || !this.source.hasJob) return false;
    this.endSource();
    return true;
  }

  finishCancelled(): void {
    if (this.talksTo(this.target) && this.isWaiting()) this.target.vm = "none";
  }

  confirmCancelled(): boolean {
    if (!this.talksTo(this.source) || !this.source.hasJob) return false;
    this.source.hasJob = false;
    if (this.source.vm === "paused") this.resumeSource("migration-canceled");
    return true;
  }

  // What the hypervisor itself offers, over a connection of its own.

  resume(): boolean {
    if (this.source.downTicks > 0 || this.source.vm !== "paused" || this.source.hasJob) return false;
    this.resumeSource("unpaused");
    return true;
  }

  destroy(side: Side): boolean {
    const host = this[side];
    if (host.downTicks > 0) return false;
    if (side === "source") this.endSource();
    else host.vm = "none";
    return true;
  }

  // Misfortunes.

  killDaemon(side: Side, ticks: number, copyCompletes: boolean): void {
    const host = this[side];
    if (host.downTicks > 0) return;
    const wasCopying = this.source.hasJob && this.source.vm === "running" && this.isWaiting();
    host.downTicks = ticks;
    host.isConnected = false;
    // Events are not replayed: what was not read is lost with the connection.
    const lost = side === "source" ? "source-suspended" : "target-resumed";
    this.heard = this.heard.filter((event) => event !== lost);
    // The emulators do not need the daemon: a copy that is under way may end without it, and the guest stays paused.
    if (side === "source" && wasCopying && copyCompletes) this.copy();
    if (side === "source" && this.peer !== "idle") this.clearIn = clearTicks;
  }

  killVm(side: Side): void {
    if (this.isInPostCopy && this.target.reason.startsWith("postcopy")) {
      if (side === "source") this.target.reason = "postcopy-failed";
      else if (this.source.vm === "paused") this.source.reason = "postcopy-failed";
    }
    if (side === "source") {
      this.endSource();
      if (this.isWaiting() && !this.isFilled) this.clearIn = clearTicks;
    } else if (this.target.vm !== "none") {
      this.target.vm = "none";
      this.isFilled = false;
    }
  }

  /** The driving process is gone: its connections close. A new one has new connections and no transfer. */
  loseClient(): void {
    this.source.isConnected = false;
    this.target.isConnected = false;
    if (this.peer !== "idle") return;
    // Its libvirt calls the control channel broken; the pages flow on all the same.
    if (this.source.reason === "postcopy") this.source.reason = "postcopy-failed";
    if (this.source.downTicks === 0) this.source.hasJob = false;
    if (this.isWaiting()) this.clearIn = clearTicks;
  }

  startPeerToPeer(copyTicks: number): boolean {
    if (this.source.downTicks > 0 || this.target.downTicks > 0 || this.source.vm !== "running") return false;
    this.source.hasJob = true;
    this.target.vm = "paused";
    this.target.reason = "migration";
    this.peer = "copy";
    this.copyTicks = copyTicks;
    return true;
  }

  abort(): void {
    if (this.source.downTicks === 0 && this.source.vm === "running" && this.peer === "copy") this.failPeer();
  }

  private isWaiting(): boolean {
    return this.target.vm === "paused" && this.target.reason === "migration";
  }

  private talksTo(host: Host): boolean {
    return host.isConnected && host.downTicks === 0;
  }

  private copy(): boolean {
    if (!this.isWaiting() || this.source.vm !== "running") return false;
    this.source.vm = "paused";
    this.source.reason = "migration";
    this.isFilled = true;
    this.heard.push("source-suspended");
    return true;
  }

  private resumeTarget(): void {
    this.target.vm = "running";
    this.target.reason = "migrated";
    this.heard.push("target-resumed");
  }

  private resumeSource(reason: PowerReason): void {
    this.source.vm = "running";
    this.source.reason = reason;
    this.source.hasJob = false;
  }

  private endSource(): void {
    this.source.vm = "none";
    this.source.hasJob = false;
  }

  private restartDaemon(host: Host): void {
    host.hasJob = false;
    if (host === this.target && this.isWaiting()) this.target.vm = "none";
    if (this.peer !== "idle" && this.peer !== "done" && host === this.source) this.peer = "failed";
  }

  /** Pages need no daemon; what both sides then say does. */
  private advancePostCopy(): void {
    const flows = this.target.vm === "running" && this.target.reason === "postcopy" && this.source.vm === "paused";
    if (this.pagesIn === undefined || !flows) return;
    this.pagesIn -= 1;
    if (this.pagesIn > 0 || this.target.downTicks > 0 || this.source.downTicks > 0) return;
    this.target.reason = "migrated";
    this.pagesIn = undefined;
    // Nobody is left who would tell the source: libvirt does.
    if (!this.source.isConnected || !this.source.hasJob) this.endSource();
  }

  /** One stage of libvirt's own driver. Its flaw is the row 18 of the page: it resumes the source when it hears nothing. */
  private advancePeer(): void {
    if (this.source.downTicks > 0) return;
    if (this.peer === "copy") {
      this.copyTicks -= 1;
      if (this.copyTicks > 0 && this.target.downTicks === 0 && this.isWaiting() && this.source.vm === "running") return;
      if (this.target.downTicks > 0 || !this.copy()) this.failPeer();
      else this.peer = "finish";
    } else if (this.peer === "finish") {
      if (this.target.downTicks > 0 || !this.isWaiting()) {
        this.failPeer();
        return;
      }
      this.resumeTarget();
      this.peer = "confirm";
    } else if (this.peer === "confirm") {
      if (this.target.downTicks > 0) {
        this.failPeer();
        return;
      }
      this.endSource();
      this.peer = "done";
    }
  }

  private failPeer(): void {
    this.peer = "failed";
    this.source.hasJob = false;
    if (this.source.vm === "paused") {
      this.resumeSource(this.target.vm === "running" ? "migration-canceled" : "unpaused");
      this.hasSplit = this.runningCopies() > 1;
    }
    if (this.isWaiting()) this.clearIn = clearTicks;
  }
}
