/** A controller is found by its state folder; it must not be given what was meant for other hosts. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stateFolder } from "../context.ts";
import { RunningCommand } from "../testing/command.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "trunkline-access-"));
const state = join(folder, "simulated");
const trunkline = (...args: readonly string[]): RunningCommand => new RunningCommand([...args, "--json"]);

beforeAll(async () => {
  await trunkline("serve", "--simulated", "--detach", "--port", "0", "--state", folder).ended;
});
afterAll(async () => {
  await trunkline("serve", "--stop", "--state", state).ended;
  rmSync(folder, { recursive: true, force: true });
});

describe("a controller in the state folder", () => {
  it("answers for its own hosts", async () => {
    const { exitCode, json } = await trunkline("host", "list", "--state", state).ended;
    expect(exitCode).toBe(0);
    expect((json as { hosts: unknown[] }).hosts).toHaveLength(4);
  });

  it("is not asked about others: a VM of the same name would be moved there", async () => {
    const inventory = join(folder, "inventory.yaml");
    writeFileSync(inventory, "hosts:\n  - { name: ada, uri: qemu+ssh://root@elsewhere/system }\n");
    const { exitCode, json } = await trunkline("vm", "list", "--state", state, "--inventory", inventory).ended;
    expect({ exitCode, json }).toMatchObject({
      exitCode: 1,
      json: { error: { code: "store.locked", message: expect.stringContaining("does not serve ada") } },
    });
  });
});

describe("the state folder", () => {
  it("is the one that was named; a lab's is its own, an inventory's the usual one", () => {
    expect(stateFolder({ state: "/somewhere", lab: "demo" })).toBe("/somewhere");
    expect(stateFolder({ lab: "demo" })).toMatch(/\/trunkline\/labs\/demo$/);
    expect(stateFolder({ inventory: "hosts.yaml" })).toMatch(/\/trunkline$/);
  });
});
