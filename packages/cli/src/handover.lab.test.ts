import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import type { MoveReport } from "@trunkline/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunningCommand } from "./testing/command.fixture.ts";

const name = "handover";
const run = promisify(execFile);
let lab: Lab;
let state = "";

beforeAll(async () => {
  await labUp({ name, topology: "two-hosts" });
  lab = openLab(name);
  state = mkdtempSync(join(tmpdir(), "trunkline-handover-"));
});
afterAll(async () => {
  await labDown({ name });
  rmSync(state, { recursive: true, force: true });
});

async function move(...options: string[]): Promise<MoveReport> {
  const { vms, hosts } = await lab.status();
  const target = hosts.find((host) => host.name !== vms[0]?.host)?.name ?? "";
  const command = new RunningCommand([
    "migrate",
    "vm1",
    "--to",
    target,
    "--lab",
    name,
    "--state",
    state,
    "--json",
    ...options,
  ]);
  const { json, stderr } = await command.ended;
  if ((json as MoveReport | undefined)?.outcome !== "completed")
    throw new Error(`the move did not complete: ${stderr}`);
  return json as MoveReport;
}

/** Everything that a hand-over lays, as Open vSwitch's own tools see it. */
async function leftovers(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { name: host, virtualSwitch } of lab.inventory().hosts) {
    if (virtualSwitch?.openflow === undefined) throw new Error(`${host} has no OpenFlow connection in the inventory`);
    const ports = await run("ovs-vsctl", [`--db=${virtualSwitch.ovsdb}`, "list-ports", virtualSwitch.bridge]);
    const flows = await run("ovs-ofctl", ["dump-flows", virtualSwitch.openflow]);
    found.push(...ports.stdout.split("\n").filter((port) => port.startsWith("tlho")));
    found.push(...flows.stdout.split("\n").filter((flow) => flow.includes("cookie=0x746c")));
  }
  return found;
}

/** A move that is still copying, with its hand-over laid. */
async function slowMove(target: string): Promise<RunningCommand> {
  const place = ["--lab", name, "--state", state];
  const command = new RunningCommand(["migrate", "vm1", "--to", target, ...place, "--json", "--rate", "20M"]);
  await expect.poll(async () => (await leftovers()).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(2);
  return command;
}

describe("the frame hand-over", () => {
  it("takes frames to the waiting copy, loses no byte, and leaves nothing behind", async () => {
    const report = await move();
    expect(report.evidence.find((check) => check.rule === "frames-handed-over")).toMatchObject({ severity: "pass" });
    expect(report.measured?.framesHandedOver).toBeGreaterThan(0);
    expect(report.measured?.tcpBytesLost).toBe(0);
    expect(report.evidence.filter((check) => check.rule === "switch-learned").map((check) => check.severity)).toEqual([
      "pass",
      "pass",
    ]);
    expect(await leftovers()).toEqual([]);
  });

  it("is left out when it is not wanted", async () => {
    const report = await move("--no-handover");
    expect(report.evidence.some((check) => check.rule === "frames-handed-over")).toBe(false);
    expect(report.measured?.framesHandedOver).toBeUndefined();
    expect(await leftovers()).toEqual([]);
  });

  it("is taken back when the move fails", async () => {
    const { vms, hosts } = await lab.status();
    const source = vms[0]?.host ?? "";
    const target = hosts.find((host) => host.name !== source)?.name ?? "";
    const command = await slowMove(target);
    for (const pid of await lab.qemuPids(target, "vm1")) process.kill(pid, "SIGKILL");
    const { json } = await command.ended;
    expect(json).toMatchObject({ outcome: "failed", runsOn: source });
    expect(await leftovers()).toEqual([]);
    expect((await lab.guestStatus("vm1"))?.memoryErrors).toBe(0);
  });

  it("is cleared away by the next command when the process that laid it was killed", async () => {
    const { vms, hosts } = await lab.status();
    const target = hosts.find((host) => host.name !== vms[0]?.host)?.name ?? "";
    const command = await slowMove(target);
    await command.killed();
    await move();
    expect(await leftovers()).toEqual([]);
  });
});
