/**
 * Drives the state machine with real sockets and time. One socket hears 224.0.0.2 on all interfaces of its groups; each
 * group speaks from its own address and port 1985.
 *
 * The active router speaks from the virtual MAC (RFC 2281, 5.3), the others from their own. A datagram's MAC is that of the
 * interface that it leaves by, so becoming active makes an interface with the virtual MAC and speaks by it; stepping back
 * removes it. In bridge mode it does not swallow frames that bear its own MAC as sender: so two active routers, once their
 * segment is whole again, hear each other.
 */
import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { decodeHsrpV1, encodeHsrpV1, PacketError } from "@trunkline/packets";
import { run, runUnchecked } from "../process/run.ts";
import { isInSubnet } from "../topology/ipv4.ts";
import type { GroupConfiguration, SpeakerConfiguration } from "./configuration.ts";
import { dueMs, initialGroup, step } from "./state-machine.ts";
import type { Effect, Event, Group } from "./state-machine.ts";

/** RFC 2281, 5. */
const PORT = 1985;
const ALL_ROUTERS = "224.0.0.2";

/** Speaks until the signal fires; then resigns and leaves nothing behind. */
export async function speak(configuration: SpeakerConfiguration, signal: AbortSignal): Promise<void> {
  const ear = createSocket({ type: "udp4", reuseAddr: true });
  const voices = await Promise.all(configuration.groups.map((group) => Voice.open(group, ear)));
  ear.on("message", (bytes, from) => {
    for (const voice of voices) voice.hear(bytes, from);
  });
  ear.bind(PORT, ALL_ROUTERS);
  await once(ear, "listening");
  for (const { ownAddress } of configuration.groups) ear.addMembership(ALL_ROUTERS, ownAddress);
  for (const voice of voices) voice.handle({ kind: "start" });
  writeFileSync(configuration.readyFile, String(process.pid));
  console.log(`listening for ${configuration.groups.length} groups`);
  if (!signal.aborted) await once(signal, "abort");
  await Promise.all(voices.map((voice) => voice.close()));
  ear.close();
}

/** One group: its state, its timer, and the effects, which are carried out one after the other. */
class Voice {
  readonly #configuration: GroupConfiguration;
  readonly #ear: Socket;
  readonly #socket: Socket;
  #group: Group = initialGroup;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  private constructor(configuration: GroupConfiguration, ear: Socket, socket: Socket) {
    this.#configuration = configuration;
    this.#ear = ear;
    this.#socket = socket;
  }

  static async open(configuration: GroupConfiguration, ear: Socket): Promise<Voice> {
    // One that was killed while active has left its interface.
    await removeInterface(configuration);
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    socket.bind(PORT, configuration.ownAddress);
    await once(socket, "listening");
    socket.setMulticastTTL(1);
    socket.setMulticastLoopback(false);
    socket.setMulticastInterface(configuration.ownAddress);
    return new Voice(configuration, ear, socket);
  }

  hear(bytes: Uint8Array, from: RemoteInfo): void {
    const { group, ownAddress, subnet, virtualAddress } = this.#configuration;
    if (from.address === ownAddress || !isInSubnet(from.address, subnet)) return;
    const decoded = decodeHsrpV1(bytes);
    if (decoded instanceof PacketError || decoded.group?.group !== group || decoded.message === "advertise") return;
    if (decoded.group.virtualAddress !== virtualAddress) {
      console.log(`group ${group}: ${from.address} has another address, ${decoded.group.virtualAddress}`);
      return;
    }
    const { state, priority, holdTimeS } = decoded.group;
    const heard = { message: decoded.message, state, priority, sender: from.address, holdTimeS };
    this.handle({ kind: "heard", heard });
  }

  handle(event: Event): void {
    const before = this.#group.state;
    const { group, effects } = step(this.#configuration, this.#group, event, performance.now());
    this.#group = group;
    if (group.state !== before) console.log(`group ${this.#configuration.group}: ${before} -> ${group.state}`);
    for (const effect of effects) this.#enqueue(effect, group, before);
    clearTimeout(this.#timer);
    const due = dueMs(group);
    if (due === undefined) return;
    this.#timer = setTimeout(() => this.handle({ kind: "time" }), Math.max(0, due - performance.now()));
  }

  async close(): Promise<void> {
    this.handle({ kind: "stop" });
    await this.#work;
    this.#socket.close();
  }

  /** A resignation is sent by the router that still is active, whatever state the step led to. */
  #enqueue(effect: Effect, group: Group, before: Group["state"]): void {
    const state = effect.kind === "send" && effect.message === "resign" ? before : group.state;
    this.#work = this.#work
      .then(() => this.#carryOut(effect, state))
      .catch((error: unknown) => console.log(`group ${this.#configuration.group}: ${String(error)}`));
  }

  async #carryOut(effect: Effect, state: Group["state"]): Promise<void> {
    const { virtualAddress, ownAddress } = this.#configuration;
    switch (effect.kind) {
      case "send": {
        const datagram = encodeHsrpV1({ ...this.#configuration, message: effect.message, state });
        await new Promise<void>((resolve, reject) => {
          this.#socket.send(datagram, PORT, ALL_ROUTERS, (error) => (error ? reject(error) : resolve()));
        });
        return;
      }
      case "take-over":
        await addInterface(this.#configuration);
        // From here on the datagrams leave by the interface with the virtual MAC, and those to it are heard.
        this.#socket.setMulticastInterface(virtualAddress);
        this.#ear.addMembership(ALL_ROUTERS, virtualAddress);
        return;
      case "step-back":
        this.#socket.setMulticastInterface(ownAddress);
        await removeInterface(this.#configuration);
    }
  }
}

async function addInterface({ device, virtualDevice, virtualMac, virtualAddress }: GroupConfiguration): Promise<void> {
  const macvlan = ["address", virtualMac, "type", "macvlan", "mode", "bridge"];
  await run(["ip", "link", "add", virtualDevice, "link", device, ...macvlan]);
  // With it the kernel announces the address by gratuitous ARP when the interface comes up.
  writeFileSync(`/proc/sys/net/ipv4/conf/${virtualDevice}/arp_notify`, "1");
  const lines = [`address add ${virtualAddress}/32 dev ${virtualDevice}`, `link set ${virtualDevice} up`];
  await run(["ip", "-batch", "-"], { input: `${lines.join("\n")}\n` });
}

async function removeInterface({ virtualDevice }: GroupConfiguration): Promise<void> {
  await runUnchecked(["ip", "link", "delete", "dev", virtualDevice]);
}
