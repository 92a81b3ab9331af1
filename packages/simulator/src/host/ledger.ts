/**
 * The truth about every VM, and whether a law was broken. Whoever starts, pauses or ends a copy tells the ledger.
 *
 * Laws: 1. No VM runs twice at the same instant. 2. A copy that goes on is as new as the disk: while it runs a VM writes
 * a counter to its disk, and memory that is older than the disk would damage the file systems. 3. The newest copy of a VM
 * is never ended unless a fault or an operator ended one.
 */
import type { VmId } from "@trunkline/model";
import { limits } from "../limits.ts";

export type Violation = {
  readonly law: "runs-twice" | "stale-memory" | "lost";
  readonly vm: string;
  readonly atMs: number;
  readonly message: string;
  readonly history: readonly string[];
};

/** The memory of one copy, as far as its age goes: how long the guest has run in it. */
export interface Memory {
  counter: number;
  /** Since when it runs; undefined while it does not. */
  runningSinceMs: number | undefined;
}

export type Change = "runs" | "pauses" | "announced";

interface Account {
  readonly name: string;
  readonly copies: Map<Memory, string>;
  disk: number;
  /** Why its end is nobody's mistake. */
  excuse: string | undefined;
  readonly history: string[];
}

export class Ledger {
  readonly #nowMs: () => number;
  readonly #accounts = new Map<VmId, Account>();
  readonly #violations: Violation[] = [];
  readonly #listeners = new Set<(vm: VmId, change: Change) => void>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  open(vm: VmId, name: string): void {
    this.#accounts.set(vm, { name, copies: new Map(), disk: 0, excuse: undefined, history: [] });
  }

  /** @returns the function that ends it. */
  onChange(listener: (vm: VmId, change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** A frame of the guest told the network where it is. */
  announced(vm: VmId): void {
    this.#tell(vm, "announced");
  }

  /** A copy came into being: booted from disk, or waiting for memory to arrive. */
  made(vm: VmId, host: string, kind: "booted" | "incoming"): Memory {
    const account = this.#account(vm);
    const memory: Memory = { counter: kind === "booted" ? account.disk : -1, runningSinceMs: undefined };
    account.copies.set(memory, host);
    if (kind === "booted") account.excuse = undefined;
    this.#note(account, `${kind} on ${host}`);
    return memory;
  }

  runs(vm: VmId, memory: Memory): void {
    if (memory.runningSinceMs !== undefined) return;
    const account = this.#account(vm);
    this.#settle(account);
    const host = account.copies.get(memory) ?? "nowhere";
    memory.runningSinceMs = this.#nowMs();
    this.#note(account, `runs on ${host}`);
    if (memory.counter < account.disk)
      this.#violate("stale-memory", account, `${account.name} goes on, on ${host}, with memory older than its disk`);
    const hosts = [...account.copies].filter(([copy]) => copy.runningSinceMs !== undefined).map(([, where]) => where);
    if (hosts.length > 1) this.#violate("runs-twice", account, `${account.name} runs on ${hosts.join(" and ")}`);
    this.#tell(vm, "runs");
  }

  pauses(vm: VmId, memory: Memory): void {
    if (memory.runningSinceMs === undefined) return;
    const account = this.#account(vm);
    this.#settle(account);
    memory.runningSinceMs = undefined;
    this.#note(account, `pauses on ${account.copies.get(memory) ?? "nowhere"}`);
    this.#tell(vm, "pauses");
  }

  /** All of the source's memory has arrived. */
  copied(vm: VmId, from: Memory, to: Memory): void {
    const account = this.#account(vm);
    this.#settle(account);
    to.counter = from.counter;
    this.#note(account, `memory complete on ${account.copies.get(to) ?? "nowhere"}`);
  }

  /** @param excuse why this is nobody's mistake: a fault of the world, or an operator's wish. */
  ended(vm: VmId, memory: Memory, how: string, excuse?: string): void {
    const account = this.#account(vm);
    this.pauses(vm, memory);
    this.#note(account, `${how} on ${account.copies.get(memory) ?? "nowhere"}`);
    account.copies.delete(memory);
    account.excuse ??= excuse;
    const isNewestLeft = [...account.copies.keys()].some((copy) => copy.counter >= account.disk);
    if (!isNewestLeft && account.excuse === undefined)
      this.#violate("lost", account, `the newest copy of ${account.name} was ended: ${how}`);
  }

  violations(): readonly Violation[] {
    return this.#violations;
  }

  historyOf(vm: VmId): readonly string[] {
    return this.#account(vm).history;
  }

  /** Time that passed is written to the memory of the copies that run, and to the disk. */
  #settle(account: Account): void {
    const now = this.#nowMs();
    for (const copy of account.copies.keys()) {
      if (copy.runningSinceMs === undefined) continue;
      copy.counter += now - copy.runningSinceMs;
      copy.runningSinceMs = now;
      account.disk = Math.max(account.disk, copy.counter);
    }
  }

  #tell(vm: VmId, change: Change): void {
    for (const listener of this.#listeners) listener(vm, change);
  }

  #violate(law: Violation["law"], account: Account, message: string): void {
    if (this.#violations.length >= limits.violations) return;
    const atMs = this.#nowMs();
    this.#violations.push({ law, vm: account.name, atMs, message, history: [...account.history] });
  }

  #note(account: Account, what: string): void {
    account.history.push(`${this.#nowMs().toFixed(3)} ${what}`);
    if (account.history.length > limits.historyLines) account.history.shift();
  }

  #account(vm: VmId): Account {
    const account = this.#accounts.get(vm);
    if (account === undefined) throw new Error(`the ledger has no VM ${vm}`);
    return account;
  }
}
