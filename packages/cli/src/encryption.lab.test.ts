import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import type { MoveReport } from "@trunkline/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunningCommand } from "./testing/command.fixture.ts";

const name = "encryption";
let lab: Lab;
let folder = "";

beforeAll(async () => {
  await labUp({ name, topology: "two-hosts" });
  lab = openLab(name);
  folder = mkdtempSync(join(tmpdir(), "trunkline-encryption-"));
});
afterAll(async () => {
  await labDown({ name });
  rmSync(folder, { recursive: true, force: true });
});

async function course(): Promise<{ readonly source: string; readonly target: string }> {
  const { vms, hosts } = await lab.status();
  const source = vms[0]?.host ?? "";
  return { source, target: hosts.find((host) => host.name !== source)?.name ?? "" };
}

async function move(target: string, ...options: string[]): Promise<MoveReport> {
  const place = ["--lab", name, "--state", join(folder, "state"), "--json"];
  const { json, stderr } = await new RunningCommand(["migrate", "vm1", "--to", target, ...place, ...options]).ended;
  if (json === undefined) throw new Error(`the command printed no report: ${stderr}`);
  return json as MoveReport;
}

/** What crosses the source's uplink on its way to a QEMU that waits for memory, while the work is done. */
async function captured(source: string, work: () => Promise<void>): Promise<string> {
  const file = join(folder, "memory.pcap");
  const listen = ["tcpdump", "-i", "up0", "-U", "-c", "300", "-w", file, "vlan 20 and tcp dst portrange 49152-49215"];
  const [program = "", ...words] = [...lab.hostCommand(source), "timeout", "-s", "INT", "60", ...listen];
  const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  await new Promise<void>((resolve) => {
    child.stderr.on("data", (text: Buffer) => {
      if (text.toString().includes("listening")) resolve();
    });
  });
  await work();
  child.kill("SIGINT");
  await ended;
  return readFileSync(file, "latin1");
}

const evidenceOf = ({ evidence }: MoveReport): unknown => evidence.find((check) => check.rule === "stream-encrypted");

/** The first word of a stream of QEMU's that anybody could read (QEMU_VM_FILE_MAGIC, migration/savevm.h). */
const magic = "QEVM";

describe("memory on its way", () => {
  it("goes in the clear where nobody asks for more", async () => {
    const { source, target } = await course();
    let report: MoveReport | undefined;
    const seen = await captured(source, async () => {
      report = await move(target);
    });
    expect([report?.outcome, report === undefined ? undefined : evidenceOf(report)]).toEqual(["completed", undefined]);
    expect(seen).toContain(magic);
  });

  it("goes under TLS where it is required, and nobody can read it", async () => {
    const { source, target } = await course();
    let report: MoveReport | undefined;
    const seen = await captured(source, async () => {
      report = await move(target, "--tls", "required");
    });
    expect([report?.outcome, report?.runsOn, report?.failure]).toEqual(["completed", target, null]);
    expect(report === undefined ? undefined : evidenceOf(report)).toMatchObject({ severity: "pass" });
    expect(seen.length).toBeGreaterThan(10_000);
    expect(seen).not.toContain(magic);
  });

  it("does not go to a host whose certificate is for another name; the VM stays, and the record says why", async () => {
    const { source, target } = await course();
    await lab.issueCertificate(target, { name: "stranger", days: 1 });
    const report = await move(target, "--tls", "required");
    expect([report.outcome, report.runsOn]).toEqual(["failed", source]);
    expect(report.failure?.message).toMatch(/certificate/i);
    expect(await lab.guestStatus("vm1", { verify: true })).toMatchObject({ memoryErrors: 0, diskVerifyErrors: 0 });
  });

  it("does not go to a host whose certificate has expired", async () => {
    const { source, target } = await course();
    await lab.issueCertificate(target, { name: target, days: -1 });
    const report = await move(target, "--tls", "required");
    expect([report.outcome, report.runsOn]).toEqual(["failed", source]);
    expect(report.failure?.message).toMatch(/certificate|expired/i);
    await lab.issueCertificate(target, { name: target, days: 1 });
  });

  it("goes in the clear to a host without certificates where encryption is only wished for, and the record says so", async () => {
    const { source, target } = await course();
    const host = lab.plan.hosts.find(({ node }) => node.name === target);
    const pki = join(host?.node.folder ?? "", "etc/pki");
    renameSync(pki, `${pki}.away`);
    try {
      const refused = await move(target, "--tls", "required");
      expect([refused.outcome, refused.runsOn]).toEqual(["failed", source]);
      const report = await move(target, "--tls", "opportunistic");
      expect([report.outcome, report.runsOn]).toEqual(["completed", target]);
      expect(evidenceOf(report)).toMatchObject({ severity: "warn" });
    } finally {
      renameSync(`${pki}.away`, pki);
    }
  });
});

describe("a deadline", () => {
  it("ends a copy that takes longer, and the VM stays where it was", async () => {
    const { source, target } = await course();
    // A pre-copy that was asked for is never refused because it would not end; only the deadline can end it.
    const report = await move(target, "--mode", "precopy", "--rate", "10M", "--deadline", "4");
    const blocked = report.checks.filter(({ severity }) => severity === "block").map(({ message }) => message);
    expect([report.outcome, report.runsOn, report.failure?.code, blocked]).toEqual([
      "cancelled",
      source,
      "move.deadline",
      [],
    ]);
    expect(await lab.guestStatus("vm1")).toMatchObject({ memoryErrors: 0 });
  });
});
