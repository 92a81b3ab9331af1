import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeMachine, type FakeMachine } from "./fake-machine.ts";

let machine: FakeMachine;
beforeEach(() => {
  machine = makeMachine();
});
afterEach(() => machine.remove());

/** Replaces the list of packages by a short one. */
function needs(...lines: readonly string[]): void {
  writeFileSync(join(machine.repository, "install/packages.list"), lines.map((line) => `${line}\n`).join(""));
}

const install = (environment?: Readonly<Record<string, string>>) =>
  machine.run("install_distribution_packages", environment);
const installs = () => machine.lines("log").filter((line) => line.startsWith("apt-get install"));
const updates = () => machine.lines("log").filter((line) => line.startsWith("apt-get update"));

describe("the list of packages", () => {
  test("every line has a package, a command and a reason", () => {
    const list = readFileSync(join(machine.repository, "install/packages.list"), "utf8").split("\n");
    const entries = list.filter((line) => line !== "" && !line.startsWith("#"));
    expect(entries.length).toBeGreaterThan(0);
    for (const entry of entries) expect(entry).toMatch(/^[a-z0-9][a-z0-9.+,-]+ +[a-z0-9_-]+ +# \S.*$/);
  });
});

describe("packages of the distribution", () => {
  beforeEach(() => {
    needs("# comment", "", "qemu-system-x86 qemu # why", "tgt tgtd # why");
    machine.set("known", "qemu-system-x86", "tgt");
  });

  test("what is there is not touched, and nothing is said", () => {
    machine.set("installed", "qemu-system-x86", "tgt");
    expect(install()).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect(machine.lines("log")).toEqual([]);
  });

  test("only what is missing is installed, without recommended packages or questions, and named before", () => {
    machine.set("installed", "tgt");
    const { exitCode, stdout } = install();
    expect(exitCode).toBe(0);
    expect(stdout).toBe("Installing from the distribution, starting no service: qemu-system-x86\n");
    expect(installs()).toHaveLength(1);
    expect(installs()[0]).toMatch(/ --no-install-recommends .*DPkg::Lock::Timeout=\d+ .* qemu-system-x86$/);
    expect(installs()[0]).not.toContain("tgt");
    expect(machine.lines("log")).toContain("frontend noninteractive");
    expect(updates()).toEqual([]);
    expect(install().stdout).toBe("");
    expect(installs()).toHaveLength(1);
  });

  test("no service may start while packages are installed, and the policy is gone afterwards", () => {
    expect(install().exitCode).toBe(0);
    expect(machine.lines("log")).toContain("policy 101");
    expect(existsSync(machine.policy)).toBe(false);
  });

  test("a failed installation is tried once more with fresh lists, then fails with the remedy and no policy left", () => {
    machine.set("fails");
    const { exitCode, stderr } = install();
    expect(exitCode).toBe(1);
    expect(stderr).toContain("apt-get install failed: mend what it says above, then run this again.");
    expect(installs()).toHaveLength(2);
    expect(updates()).toHaveLength(1);
    expect(existsSync(machine.policy)).toBe(false);
  });

  test("a terminated installation leaves no policy", () => {
    machine.set("terminates");
    expect(install().exitCode).toBe(1);
    expect(machine.lines("log")).toContain("policy 101");
    expect(existsSync(machine.policy)).toBe(false);
  });

  test("a policy of somebody else stays as it is", () => {
    const policy = "#!/bin/sh\nexit 104\n";
    writeFileSync(machine.policy, policy);
    chmodSync(machine.policy, 0o755);
    expect(install().exitCode).toBe(0);
    expect(machine.lines("log")).toContain("policy 104");
    expect(readFileSync(machine.policy, "utf8")).toBe(policy);
  });

  test("a policy that a killed run of ours left behind is taken over", () => {
    writeFileSync(machine.policy, "#!/bin/sh\n# Placed by Trunkline's install/apt-as-root while it runs.\nexit 7\n");
    expect(install().exitCode).toBe(0);
    expect(machine.lines("log")).toContain("policy 101");
    expect(existsSync(machine.policy)).toBe(false);
  });

  test("services that the packages enabled are disabled again; those enabled before are not", () => {
    mkdirSync(join(machine.folder, "system/run/systemd/system"), { recursive: true });
    machine.set("enabled", "tgt.service");
    machine.set("newly-enabled", "libvirtd.service", "openvswitch-switch.service");
    expect(install().exitCode).toBe(0);
    expect(machine.lines("log").filter((line) => line.startsWith("systemctl"))).toEqual([
      "systemctl disable libvirtd.service",
      "systemctl disable openvswitch-switch.service",
    ]);
  });

  test("lists are fetched where there are none, and where they do not know a package", () => {
    rmSync(join(machine.folder, "system/var/lib/apt/lists/mirror_Packages"));
    expect(install().exitCode).toBe(0);
    expect(updates()).toHaveLength(1);
    needs("swtpm swtpm # why");
    machine.set("after-update", "swtpm");
    expect(install().exitCode).toBe(0);
    expect(updates()).toHaveLength(2);
    expect(installs()).toHaveLength(2);
  });

  test("a package that apt does not know even then ends it before anything is installed", () => {
    needs("qemu-system-x86 qemu # why", "hsrpd hsrpd # why");
    const { exitCode, stderr } = install();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^apt has no package for: hsrpd\. /);
    expect(installs()).toEqual([]);
  });

  test("of alternatives the first known one is installed, and any installed one is enough", () => {
    needs("linux-image-cloud-amd64,linux-image-virtual,linux-image-generic - # why");
    machine.set("known", "linux-image-generic", "linux-image-virtual");
    expect(install().exitCode).toBe(0);
    expect(installs()[0]).toMatch(/ linux-image-virtual$/);
    machine.set("installed", "linux-image-generic");
    expect(install().stdout).toBe("");
    expect(installs()).toHaveLength(1);
  });

  test("without root it goes by passwordless sudo", () => {
    machine.set("uid", "1000");
    machine.set("sudo");
    expect(install().exitCode).toBe(0);
    expect(installs()).toHaveLength(1);
  });

  test("without root and sudo it says in one line what to do, and tries nothing", () => {
    machine.set("uid", "1000");
    const { exitCode, stderr } = install();
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^Missing, .* sudo \S*\/install\/apt-as-root qemu-system-x86 tgt\n$/);
    expect(machine.lines("log")).toEqual([]);
  });

  test("on another distribution it names what its commands are missing from", () => {
    machine.command("apt-get", undefined);
    machine.command("dpkg-query", undefined);
    machine.command("tgtd", "exit 0");
    const { exitCode, stderr } = install();
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/equivalents of: qemu-system-x86\n$/);
    machine.command("qemu", "exit 0");
    expect(install()).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  test("the lab says why it cannot run", () => {
    machine.command("tgtd", "exit 0");
    expect(machine.run("lab_obstacle").stdout).toBe("these commands are missing: qemu");
    machine.command("qemu", "exit 0");
    expect(machine.run("lab_obstacle").stdout).toBe("");
    machine.set("uid", "1000");
    expect(machine.run("lab_obstacle").stdout).toMatch(/^it needs root: .*sudo /);
  });
});

describe("Node and git", () => {
  test.each(["v18.20.4", "v20.18.1", "v9.9.9"])("Node %s is too old", (version) => {
    machine.command("node", `echo ${version}`);
    const { exitCode, stderr } = machine.run("require_node_and_git");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`^Node.js ${version} is too old: install Node 20.19 or newer .*\\n$`));
  });

  test.each(["v20.19.0", "v22.0.0", "v100.1.2"])("Node %s will do", (version) => {
    machine.command("node", `echo ${version}`);
    expect(machine.run("require_node_and_git")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  test.each(["node", "npm", "git"])("without %s it says what to install", (command) => {
    machine.command(command, undefined);
    const { exitCode, stderr } = machine.run("require_node_and_git");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/ is missing.*: install .*\n$/);
  });
});

describe("node_modules", () => {
  const earlier = new Date("2024-01-01T00:00:00Z");
  const later = new Date("2024-01-02T00:00:00Z");

  function lockfiles(ours: Date, installed: Date | undefined): void {
    const paths = {
      ours: join(machine.repository, "package-lock.json"),
      modules: join(machine.repository, "node_modules"),
    };
    writeFileSync(paths.ours, "{}");
    utimesSync(paths.ours, ours, ours);
    if (installed === undefined) return;
    mkdirSync(paths.modules, { recursive: true });
    writeFileSync(join(paths.modules, ".package-lock.json"), "{}");
    utimesSync(join(paths.modules, ".package-lock.json"), installed, installed);
  }

  test.each([
    { what: "there are none", ours: earlier, installed: undefined, environment: {}, runs: 1 },
    { what: "the lockfile is newer", ours: later, installed: earlier, environment: {}, runs: 1 },
    { what: "they are up to date", ours: earlier, installed: later, environment: {}, runs: 0 },
    {
      what: "they are up to date, but this is CI",
      ours: earlier,
      installed: later,
      environment: { CI: "true" },
      runs: 1,
    },
  ])("npm ci runs $runs times when $what", ({ ours, installed, environment, runs }) => {
    lockfiles(ours, installed);
    expect(machine.run("install_node_modules", environment).exitCode).toBe(0);
    expect(machine.lines("log").filter((line) => line.startsWith("npm ci"))).toHaveLength(runs);
  });

  test("a failed npm ci fails with the remedy", () => {
    lockfiles(earlier, undefined);
    machine.command("npm", "exit 1");
    const { exitCode, stderr } = machine.run("install_node_modules");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^npm ci failed: .* then run this again\.\n$/);
  });
});
