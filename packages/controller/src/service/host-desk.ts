/** Hosts that an operator adds and removes while the service runs. */
import { TrunklineError, hostName } from "@trunkline/model";
import type { HostName, HostObservation, InventoryHost } from "@trunkline/model";
import type { Store, World } from "@trunkline/ports";
import { parseHost } from "../inventory/read-inventory.ts";
import { limits } from "../limits.ts";
import type { Collector } from "../observe/collector.ts";
import type { MoveDesk } from "./move-desk.ts";

export interface HostDeskOptions {
  readonly world: World;
  readonly store: Store;
  readonly moves: MoveDesk;
  readonly collector: Collector;
}

export class HostDesk {
  readonly #options: HostDeskOptions;
  /** Hosts are added one after the other: two requests for one host must not both find it unknown. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: HostDeskOptions) {
    this.#options = options;
  }

  async add(
    wanted: Omit<InventoryHost, "name"> & { readonly name?: HostName },
    signal: AbortSignal,
  ): Promise<HostObservation> {
    const turn = this.#turn.then(async () => await this.#add(wanted, signal));
    this.#turn = turn.catch(() => undefined);
    return await turn;
  }

  async #add(
    wanted: Omit<InventoryHost, "name"> & { readonly name?: HostName },
    signal: AbortSignal,
  ): Promise<HostObservation> {
    const { world, store, collector } = this.#options;
    const { name: given, ...rest } = wanted;
    const provisional = parseHost({ ...rest, name: given ?? nameless });
    this.#refuseKnown(given, provisional.uri);
    const ownName = await this.#askName(provisional, signal);
    const name = given ?? hostName(ownName.split(".")[0] ?? ownName);
    const host = parseHost({ ...rest, name });
    // Asked once more: somebody else may have added it while the host was answering.
    this.#refuseKnown(name, host.uri);
    await store.intents.putHost(host);
    await world.attach(host);
    await store.events.append({ kind: "host", host: name, change: "added" });
    await collector.lookAt([name], signal);
    return this.observationOf(name);
  }

  async remove(name: HostName): Promise<void> {
    const { world, store, moves } = this.#options;
    world.hypervisor(name);
    const added = await store.intents.hosts();
    if (!added.some((host) => host.name === name))
      throw new TrunklineError("host.declared", `${name} stands in the inventory file`);
    const involved = [...moves.book.placed(), ...[...moves.book.waiting.values()].map((move) => move.request)].filter(
      (request) => request.source === name || request.target === name,
    );
    if (involved.length > 0)
      throw new TrunklineError("host.busy", `${involved.length} move(s) from or to ${name} wait or are under way`, {
        details: { moves: involved.map((request) => request.id) },
      });
    await store.intents.removeHost(name);
    await world.detach(name);
    await store.events.append({ kind: "host", host: name, change: "removed" });
  }

  observationOf(name: HostName): HostObservation {
    const observed = this.#options.collector.current().hosts.find((host) => host.name === name);
    if (observed === undefined) throw new TrunklineError("host.unknown", `there is no host ${name}`);
    return observed;
  }

  /** It is taken in for one question; one that does not answer it is forgotten again. */
  async #askName(host: InventoryHost, signal: AbortSignal): Promise<string> {
    const { world } = this.#options;
    const bounded = AbortSignal.any([signal, world.clock.deadline(limits.questionMs)]);
    return await world.identify({ ...host, name: hostName(host.uri) }, bounded);
  }

  #refuseKnown(name: HostName | undefined, uri: string): void {
    const known = this.#options.world.inventory.hosts.find((host) => host.name === name || host.uri === uri);
    if (known === undefined) return;
    const what =
      known.uri === uri ? `${uri} is the host ${known.name}` : `there is a host ${known.name}, at ${known.uri}`;
    throw new TrunklineError("host.exists", what, { details: { host: known.name, uri: known.uri } });
  }
}

/** Stands for the name until the host has said its own. */
const nameless = "nameless";
