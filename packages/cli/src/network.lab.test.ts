/**
 * A VLAN that stops anywhere on the way to the target, made real on switches of a lab and mended by the product itself: each
 * is found before the move, where it is and with what mends it; `fabric mend` applies it, and in the end the VM moves, with
 * what went over each link in its record.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import type { MoveReport } from "@trunkline/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RunningCommand } from "./testing/command.fixture.ts";
import type { Ended } from "./testing/command.fixture.ts";

const isRoot = process.getuid?.() === 0;
const name = `net${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), "tl-network-"));
const topology = fileURLToPath(new URL("./testing/leaf-spine-dci.yaml", import.meta.url));
const run = promisify(execFile);
const everyVlan = "5,10,20,30";

let lab: Lab;

interface Gap {
  readonly what: string;
  readonly device: string;
  readonly port: string;
  /** Columns of the port, as ovs-vsctl sets them. */
  readonly settings: readonly string[];
}

const gaps: readonly Gap[] = [
  { what: "the target's own virtual switch", device: "h2", port: "up0", settings: ["trunks=5,20,30"] },
  { what: "the leaf of the target", device: "leaf2", port: "p-h2", settings: ["trunks=5,20,30"] },
  { what: "a spine", device: "spine2", port: "p-leaf2", settings: ["trunks=5,20,30"] },
  { what: "the link between the sites", device: "spine2", port: "dci", settings: ["trunks=5,20,30"] },
];

describe.skipIf(!isRoot)("a VLAN on its way to the target", () => {
  beforeAll(async () => {
    await labUp({ name, topology });
    lab = openLab(name);
  });

  afterAll(async () => {
    await labDown({ name });
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(gaps)("is missed at $what, and put back", async ({ device, port, settings }) => {
    await vsctl(device, "set", "port", port, ...settings);
    const refused = await dryRun();
    expect(refused.outcome).toBe("refused");
    const block = refused.checks.find(
      ({ severity, subject }) => severity === "block" && subject === `${device}/${port}`,
    );
    expect(block?.fix).toContain(`add port ${port} trunks 10`);

    const { exitCode, json } = await trunkline("fabric", "mend", "--move", "vm1=h2", "--yes");
    expect(json).toMatchObject({ applied: [{ device, port }], blocking: [], left: [] });
    expect(exitCode).toBe(0);
    expect(await vsctl(device, "get", "port", port, "trunks")).toBe("[5, 10, 20, 30]");
    expect((await dryRun()).outcome).toBe("ready");
  });

  test("is missed where one end of a trunk sends it untagged", async () => {
    await vsctl("spine2", "set", "port", "p-leaf2", "vlan_mode=native-untagged", "tag=10", `trunks=${everyVlan}`);
    const { checks, outcome } = await dryRun();
    expect(outcome).toBe("refused");
    const found = checks.filter(({ severity }) => severity === "block").map(({ subject }) => subject);
    expect(found.some((subject) => ["spine2/p-leaf2", "leaf2/p-spine2"].includes(subject))).toBe(true);
    await vsctl("spine2", "set", "port", "p-leaf2", "vlan_mode=trunk", "tag=[]", `trunks=${everyVlan}`);
    expect((await dryRun()).outcome).toBe("ready");
  });

  test("is missed where its frames do not fit", async () => {
    await vsctl("leaf2", "set", "interface", "p-spine2", "mtu_request=1280");
    const { checks } = await dryRun();
    const found = checks.find(({ rule }) => rule === "mtu-path");
    expect(found).toMatchObject({ subject: expect.stringContaining("leaf2") as string });
    expect(found?.message).toContain("1280");
    await vsctl("leaf2", "set", "interface", "p-spine2", "mtu_request=1500");
    expect((await dryRun()).checks.filter(({ rule }) => rule === "mtu-path")).toEqual([]);
  });

  test("leaves nothing to mend in the end: the VM moves, and the record has every link of its way", async () => {
    const { exitCode, json } = await trunkline("migrate", "vm1", "--to", "h2");
    expect(exitCode).toBe(0);
    const { network, outcome } = json as MoveReport;
    expect(outcome).toBe("completed");
    expect(network?.links.map(({ from, to }) => `${from}>${to}`)).toEqual([
      "h1>leaf1",
      "leaf1>spine1",
      "spine1>spine2",
      "spine2>leaf2",
      "leaf2>h2",
    ]);
    for (const { predictedBytes, measuredBytes } of network?.links ?? []) {
      expect(predictedBytes).toBeGreaterThan(0);
      expect(measuredBytes).toBeGreaterThan((json as MoveReport).measured?.bytesSent ?? Number.POSITIVE_INFINITY);
    }
  });
});

const trunkline = async (...args: readonly string[]): Promise<Ended> =>
  await new RunningCommand([...args, "--json", "--lab", name, "--state", join(folder, "state")]).ended;

async function dryRun(): Promise<Omit<MoveReport, "outcome"> & { readonly outcome: string }> {
  const { json } = await trunkline("migrate", "vm1", "--to", "h2", "--dry-run");
  return json as Omit<MoveReport, "outcome"> & { readonly outcome: string };
}

async function vsctl(device: string, ...args: readonly string[]): Promise<string> {
  const bridge = lab.plan.bridges.find(({ node }) => node.name === device);
  const { stdout } = await run("ovs-vsctl", [`--db=unix:${bridge?.databaseSocket ?? ""}`, "--timeout=20", ...args]);
  return stdout.trim();
}
