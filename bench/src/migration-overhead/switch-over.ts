/** When the guest stopped on one host and went on on the other, by both libvirts' own events. */
import { connect, lifecycleDetail } from "@trunkline/libvirt";
import type { Connection, LibvirtEvent } from "@trunkline/libvirt";

export interface SwitchOver {
  /** Milliseconds since 1970: when the event reached us. */
  readonly suspendedAtMs: number | undefined;
  readonly resumedAtMs: number | undefined;
}

export class SwitchOverWatch {
  readonly #connections: readonly Connection[];
  #suspendedAtMs: number | undefined;
  #resumedAtMs: number | undefined;

  static async open(uris: readonly string[], vm: string, signal: AbortSignal): Promise<SwitchOverWatch> {
    const connections: Connection[] = [];
    const watch = new SwitchOverWatch(connections);
    for (const uri of uris) {
      const connection = await connect(uri, { signal });
      connections.push(connection);
      connection.onEvent((event) => {
        watch.#hear(event, vm);
      });
      await connection.registerEvents(["lifecycle"], { signal });
    }
    return watch;
  }

  private constructor(connections: readonly Connection[]) {
    this.#connections = connections;
  }

  /** What was seen since the last call. */
  take(): SwitchOver {
    const seen = { suspendedAtMs: this.#suspendedAtMs, resumedAtMs: this.#resumedAtMs };
    this.#suspendedAtMs = undefined;
    this.#resumedAtMs = undefined;
    return seen;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#connections.map(async (connection) => {
        await connection.close();
      }),
    );
  }

  #hear(event: LibvirtEvent, vm: string): void {
    if (event.kind !== "lifecycle" || event.dom.name !== vm) return;
    if (event.event === "suspended" && event.detail === lifecycleDetail.suspended.migrated)
      this.#suspendedAtMs = nowSinceEpochMs();
    if (event.event === "resumed" && event.detail === lifecycleDetail.resumed.migrated)
      this.#resumedAtMs = nowSinceEpochMs();
  }
}

/** The scale of tcpdump's times, with fractions. */
const nowSinceEpochMs = (): number => performance.timeOrigin + performance.now();
