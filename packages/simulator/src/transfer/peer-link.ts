/** The connection of one libvirt daemon to another: closed by a death at once, by silence after the keepalive's time. */
import type { PeerListener } from "../host/ground.ts";
import type { Host } from "../host/host.ts";
import { pace } from "../limits.ts";

export interface PeerLinkEvents {
  ownDaemonDied(): void;
  peerDaemonDied(): void;
  /** Nothing was heard for as long as the keepalive waits. */
  silent(): void;
}

export class PeerLink implements PeerListener {
  readonly #source: Host;
  readonly #target: Host;
  readonly #events: PeerLinkEvents;
  #isClosed = false;
  #quietSinceMs: number | undefined;

  constructor(source: Host, target: Host, events: PeerLinkEvents) {
    this.#source = source;
    this.#target = target;
    this.#events = events;
    source.ground.peers.add(this);
  }

  /** Every link on the way between the two carries frames. */
  get isUp(): boolean {
    const { name, ground, spec } = this.#source;
    return (
      ground.network.path(name, this.#target.name, spec.migration?.vlan)?.links.every((link) => link.isUp) === true
    );
  }

  close(): void {
    this.#isClosed = true;
    this.#source.ground.peers.delete(this);
  }

  daemonDied(host: string): void {
    if (this.#isClosed) return;
    if (host === this.#source.name) this.#events.ownDaemonDied();
    else if (host === this.#target.name) this.#events.peerDaemonDied();
  }

  mayBeSilent(): void {
    if (this.#isClosed) return;
    if (this.#isHeard) {
      this.#quietSinceMs = undefined;
      return;
    }
    if (this.#quietSinceMs !== undefined) return;
    const { timers } = this.#source.ground;
    const sinceMs = timers.nowMs();
    this.#quietSinceMs = sinceMs;
    timers.after(pace.keepaliveMs, () => {
      if (this.#isHeard || this.#quietSinceMs !== sinceMs) this.#quietSinceMs = undefined;
      else if (!this.#isClosed) this.#events.silent();
    });
  }

  get #isHeard(): boolean {
    return this.isUp && this.#target.daemon !== "hung";
  }
}
