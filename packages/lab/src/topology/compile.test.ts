import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { LabError } from "../lab-error.ts";
import { compileTopology } from "./compile.ts";
import { findTopology } from "./find.ts";
import { readTopology } from "./read.ts";

function planOf(name: string, folder: string) {
  const { file } = findTopology(name);
  return compileTopology(readTopology(readFileSync(file, "utf8"), name, file), "demo", folder);
}

test("two-hosts compiles to the golden plan", async () => {
  const plan = planOf("two-hosts", "/var/lib/trunkline/lab/demo");
  const golden = fileURLToPath(new URL("__golden__/two-hosts.plan.json", import.meta.url));
  await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(golden);
});

test("every topology of the project compiles, with names and addresses that are used once", () => {
  for (const name of ["two-hosts", "four-hosts"]) {
    const plan = planOf(name, "/l");
    const namespaces = plan.nodes.map((node) => node.namespace);
    expect(new Set(namespaces).size).toBe(namespaces.length);
    const ports = plan.bridges.flatMap((bridge) => bridge.ports.map((port) => `${bridge.node.name} ${port.name}`));
    expect(new Set(ports).size).toBe(ports.length);
    expect(new Set(plan.vms.map((vm) => vm.uuid)).size).toBe(plan.vms.length);
  }
});

test("labs of different names share nothing but addresses", () => {
  const { file } = findTopology("two-hosts");
  const topology = readTopology(readFileSync(file, "utf8"), "two-hosts", file);
  const [a, b] = [compileTopology(topology, "a", "/l/a"), compileTopology(topology, "b", "/l/b")];
  expect(a.nodes.map((node) => node.namespace)).not.toEqual(b.nodes.map((node) => node.namespace));
  expect(a.hosts[0]?.uuid).not.toBe(b.hosts[0]?.uuid);
  expect(a.vms[0]?.target.iqn).not.toBe(b.vms[0]?.target.iqn);
});

test("a folder too deep for the kernel's socket paths is refused with a way out", () => {
  const attempt = () => planOf("two-hosts", `/${"deep/".repeat(20)}`);
  expect(attempt).toThrow(LabError);
  expect(attempt).toThrow(/longer than the kernel's 107 bytes/);
});
