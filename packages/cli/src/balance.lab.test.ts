/**
 * Four real hosts with two VMs each, two of them on one host made busy: the service moves one of these away by itself, no session
 * is lost, and then it leaves the cluster alone.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import type { Batch } from "@trunkline/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectRunsOnceOn, until } from "./testing/faults.fixture.ts";
import { placesFor } from "./testing/second-opinion.fixture.ts";
import { startService } from "./testing/service.fixture.ts";
import type { RunningService } from "./testing/service.fixture.ts";

const isRoot = process.getuid?.() === 0;
const name = `balance${process.pid}`;
const topology = fileURLToPath(new URL("testing/four-hosts-eight-vms.yaml", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tl-balance-"));
const state = join(folder, "state");
const config = join(folder, "config.json");
const [intervalMs, watchMs] = [2_000, 15_000];
/** Busy with few pages: there is much to compute and little to copy. */
const busily = { bufferMiB: 4, workingSetMiB: 2, rateMiBps: 3_000 } as const;
const busy = ["vm1", "vm2"] as const;

let lab: Lab;
let service: RunningService;

const batches = async (): Promise<readonly Batch[]> =>
  (await service.client.call("batches.list", { query: {} }, service.asked())).items;
const steps = (made: readonly Batch[]) => made.flatMap((batch) => batch.steps);

describe.skipIf(!isRoot)("full automation", () => {
  beforeAll(async () => {
    await labUp({ name, topology });
    lab = openLab(name);
    writeFileSync(config, JSON.stringify({ balance: { automation: "full", intervalMs, watchMs } }));
    service = await startService({ state, args: ["--lab", name, "--config", config] });
  });

  afterAll(async () => {
    await service.stopped();
    await labDown({ name });
    rmSync(folder, { recursive: true, force: true });
  });

  test("moves nothing while every VM has what it asks for", async () => {
    await sleep(2 * watchMs);
    expect(await batches()).toEqual([]);
  });

  test("relieves a host that is asked for too much, loses no session, and stops by itself", async () => {
    const sessions = busy.map((vm) => new Session(lab, vm));
    for (const session of sessions) await session.echoed();
    await Promise.all(busy.map(async (vm) => await lab.loadGuest(vm, busily)));
    await until(async () => (await batches()).length > 0);
    await until(async () => (await batches()).every((batch) => batch.state !== "running"));
    const [[one], [other]] = await Promise.all([placesFor(lab, "vm1"), placesFor(lab, "vm2")]);
    expect(one).not.toBe(other);
    for (const session of sessions) await session.echoed();
    for (const session of sessions) session.close();

    // Whatever it still finds to do, it ends soon.
    const quietMs = 3 * watchMs;
    let before = -1;
    for (let looks = 0; looks < 5 && steps(await batches()).length !== before; looks += 1) {
      before = steps(await batches()).length;
      await sleep(quietMs);
    }
    const made = await batches();
    expect(steps(made)).toHaveLength(before);
    expect(before).toBeLessThanOrEqual(4);
    expect(new Set(made.map(({ origin, requestedBy }) => `${origin} ${requestedBy}`))).toEqual(new Set(["drs drs"]));
    for (const vm of ["vm1", "vm2", "vm3"]) await expectRunsOnceOn(lab, (await placesFor(lab, vm))[0], vm);
  });
});

/** One TCP connection to a guest's echo service, from the client. */
class Session {
  readonly #child: ChildProcess;
  readonly #port = "7";
  #sent = 0;
  #heard = "";

  constructor({ plan, clientCommand }: Lab, vm: string) {
    const address = plan.vms.find((known) => known.name === vm)?.address ?? "";
    const [file, ...words] = [...clientCommand(), "busybox", "nc", address, this.#port];
    this.#child = spawn(file, words, { stdio: ["pipe", "pipe", "ignore"] });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#heard += text;
    });
  }

  /** What is sent now comes back on the same connection, after everything that was sent before. */
  async echoed(): Promise<void> {
    this.#sent += 1;
    this.#child.stdin?.write(`${this.#sent}\n`);
    const all = Array.from({ length: this.#sent }, (_, at) => `${at + 1}\n`).join("");
    await until(async () => this.#heard === all);
  }

  close(): void {
    this.#child.kill();
  }
}
