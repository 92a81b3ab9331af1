/**
 * Our half of the keepalive: counts the silence of the peer in ticks of one interval, and says when to ask and when to
 * give up. Any byte of the peer is a sign of life, as in libvirt's own client (src/rpc/virkeepalive.c).
 */
export type KeepaliveStep = "rest" | "ping" | "dead";

export interface KeepaliveOptions {
  readonly intervalMs: number;
  /** Pings that may stay without a sign of life. */
  readonly count: number;
}

export class SilenceCounter {
  readonly #count: number;
  #pings = 0;
  #hasHeard = true;

  constructor(count: number) {
    this.#count = count;
  }

  heard(): void {
    this.#hasHeard = true;
  }

  /** Call once per interval. */
  tick(): KeepaliveStep {
    if (this.#hasHeard) {
      this.#hasHeard = false;
      this.#pings = 0;
      return "rest";
    }
    if (this.#pings >= this.#count) return "dead";
    this.#pings++;
    return "ping";
  }
}
