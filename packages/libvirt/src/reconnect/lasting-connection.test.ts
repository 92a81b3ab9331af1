/** Real connections to peers that come and go, in virtual time. */
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { startFakeLibvirt } from "../testing/fake-libvirt.ts";
import type { FakeLibvirt } from "../testing/fake-libvirt.ts";
import { goldenFrame } from "../testing/golden-frames.ts";
import { backoffDelayMs } from "./backoff.ts";
import { keepConnected } from "./lasting-connection.ts";
import type { LastingConnection, ReconnectClock, ReconnectNotice, ReconnectOptions } from "./lasting-connection.ts";

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

/** Time that passes only while somebody waits, and then at once. */
class VirtualClock implements ReconnectClock {
  readonly waits: number[] = [];
  nowMs = 0;

  now(): number {
    return this.nowMs;
  }

  async waitMs(durationMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.waits.push(durationMs);
    this.nowMs += durationMs;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

interface Watched {
  readonly lasting: LastingConnection;
  readonly notices: ReconnectNotice[];
  readonly clock: VirtualClock;
  /** Fulfils when so many notices of that kind have come. */
  readonly heard: (kind: ReconnectNotice["kind"], count?: number) => Promise<void>;
}

function watch(uri: string, options: Partial<ReconnectOptions> = {}): Watched {
  const notices: ReconnectNotice[] = [];
  const clock = new VirtualClock();
  const lasting = keepConnected(uri, {
    events: ["lifecycle"],
    clock,
    random: () => 1,
    ...options,
    onNotice: (notice) => {
      notices.push(notice);
    },
  });
  undo.push(() => lasting.stop());
  return {
    lasting,
    notices,
    clock,
    heard: async (kind, count = 1) => {
      await expect.poll(() => notices.filter((notice) => notice.kind === kind).length).toBeGreaterThanOrEqual(count);
    },
  };
}

async function peerWith(onRegister: () => void = () => {}): Promise<FakeLibvirt> {
  const peer = await startFakeLibvirt({
    connectDomainEventCallbackRegisterAny: (call) => {
      onRegister();
      call.socket.write(goldenFrame("event", "318"));
      call.reply({ callbackId: 0 });
    },
    connectGetHostname: (call) => {
      call.socket.write(goldenFrame("event", "318"));
      call.reply({ hostname: "h1" });
    },
  });
  undo.push(peer.stop);
  return peer;
}

const kindsOf = (notices: readonly ReconnectNotice[]): readonly string[] => notices.map(({ kind }) => kind);

test("each new connection registers its events, then asks for a resync; events follow it", async () => {
  let registrations = 0;
  const peer = await peerWith(() => registrations++);
  const { lasting, notices, heard } = watch(peer.uri);
  await heard("resync-needed");
  expect(registrations).toBe(1);
  await lasting.current?.call("connectGetHostname", {});
  expect(kindsOf(notices)).toEqual(["resync-needed", "event"]);
  for (const socket of peer.sockets) socket.destroy();
  await heard("resync-needed", 2);
  expect(registrations).toBe(2);
  expect(kindsOf(notices)).toEqual(["resync-needed", "event", "lost", "resync-needed"]);
  await lasting.stop();
  expect(lasting.current).toBeUndefined();
  expect(kindsOf(notices).at(-1)).toBe("resync-needed");
  await expect.poll(() => peer.sockets.size).toBe(0);
});

test("attempts go on with growing waits until somebody listens", async () => {
  const { clock, notices, heard } = watch("qemu+unix:///system?socket=/nonexistent/sock", {
    backoff: { firstDelayMs: 100, maxDelayMs: 1_000 },
  });
  await heard("attempt-failed", 6);
  expect(clock.waits.slice(0, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(notices[0]).toMatchObject({ reason: { code: "libvirt.transport" }, retryInMs: 100 });
});

test("a connection that never lasts does not bring the short waits back; a good one does", async () => {
  const peer = await peerWith();
  const { lasting, clock, heard } = watch(peer.uri, { backoff: { firstDelayMs: 100, maxDelayMs: 1_000 } });
  for (const round of [1, 2, 3]) {
    await heard("resync-needed", round);
    for (const socket of peer.sockets) socket.destroy();
  }
  await heard("resync-needed", 4);
  expect(clock.waits).toEqual([100, 200, 400]);
  clock.nowMs += 60_000;
  for (const socket of peer.sockets) socket.destroy();
  await heard("resync-needed", 5);
  expect(clock.waits.at(-1)).toBe(100);
  await lasting.stop();
});

test("what time cannot mend ends it, and says so last", async () => {
  const { notices, heard } = watch("qemu+pigeon://h1/system");
  await heard("gave-up");
  expect(notices).toMatchObject([{ kind: "gave-up", reason: { code: "libvirt.uri" } }]);
});

test("a signal ends it, before the first attempt and between two", async () => {
  const peer = await peerWith();
  const before = watch(peer.uri, { signal: AbortSignal.abort() });
  await before.lasting.stop();
  expect(before.notices).toEqual([]);
  expect(peer.accepted).toBe(0);
  const controller = new AbortController();
  const during = watch(peer.uri, { signal: controller.signal });
  await during.heard("resync-needed");
  controller.abort();
  await during.lasting.stop();
  expect(kindsOf(during.notices)).toEqual(["resync-needed"]);
});

test("waits grow, stay in their bounds, and are never nothing", () => {
  const backoff = { firstDelayMs: 250, maxDelayMs: 15_000 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, draw) => {
      const delayMs = backoffDelayMs(failures, draw, backoff);
      expect(delayMs).toBeGreaterThanOrEqual(125);
      expect(delayMs).toBeLessThanOrEqual(15_000);
      expect(backoffDelayMs(failures + 1, draw, backoff)).toBeGreaterThanOrEqual(delayMs);
    }),
  );
});
