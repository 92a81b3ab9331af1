import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emptyFabric } from "@trunkline/fabric";
import type { CheckResult, Severity, StorageCopy } from "@trunkline/model";
import { hostName } from "@trunkline/model";
import { checkMove } from "./checks.ts";
import { known, unknown } from "./facts.ts";
import type { LocalDisk, MoveFacts } from "./facts.ts";
import { disk, fabric, facts, host, nic, otherVm, vm } from "./facts.fixture.ts";

const silent = unknown("connection refused");
const trunk20 = { kind: "trunk", trunks: [20] } as const;
const unread = { kind: "unknown", why: "no OVSDB" } as const;
const gib = 2 ** 30;
const room = (change: object = {}): LocalDisk["room"] =>
  known({ pool: "images", availableBytes: 4 * gib, hasFile: false, ...change });
/** A file of 4 GiB that holds one, which the target cannot open. */
const travels = (change: Partial<LocalDisk> = {}, copy: StorageCopy = "full"): Partial<MoveFacts> => ({
  vm: vm({ disks: [disk({ backing: { kind: "file", path: "/var/lib/vm.img" } })] }),
  disks: [{ target: "vda", opens: known(false), why: "no such file" }],
  storage: {
    copy,
    disks: [
      {
        target: "vda",
        path: "/var/lib/vm.img",
        size: known({ capacityBytes: 4 * gib, allocatedBytes: gib }),
        room: room(),
        ...change,
      },
    ],
  },
});
const local = disk({ backing: { kind: "file", path: "/var/lib/vm.img" } });
const cd = disk({ target: "sda", device: "cdrom", backing: { kind: "file", path: "/iso/debian.iso" } });
const emulated = (ramBlockBytes: number | undefined): MoveFacts["vm"] => vm({ accelerator: "qemu", ramBlockBytes });
const qemu = (major: number, minor: number, patch: number): MoveFacts["sourceHost"] =>
  known(host({ host: hostName("h1"), hostUuid: "a", hypervisorVersion: { major, minor, patch } }));
const net = facts().migrationNetwork;
const present = (power: "running" | "shutoff" | "paused"): MoveFacts["sourceSighting"] => ({
  kind: "present",
  power,
  reason: "other",
  job: "none",
});

/** The rule, the situation, the facts that differ from the good ones, and what the rule says at worst. */
const cases: readonly (readonly [
  rule: string,
  when: string,
  change: Partial<MoveFacts>,
  worst: Severity | "silent",
])[] = [
  ["vm-location", "both say where it is", {}, "pass"],
  ["vm-location", "the source is silent", { sourceSighting: { kind: "unreachable", why: "refused" } }, "block"],
  ["vm-location", "the source does not have it", { sourceSighting: { kind: "absent" } }, "block"],
  ["vm-location", "it is off", { sourceSighting: present("shutoff") }, "block"],
  ["vm-location", "it is paused", { sourceSighting: present("paused") }, "block"],
  ["vm-location", "the target runs it too", { targetSighting: present("running") }, "block"],
  ["vm-location", "the target has a paused copy", { targetSighting: present("paused") }, "block"],
  ["vm-location", "the target has a definition only", { targetSighting: present("shutoff") }, "pass"],
  ["vm-location", "the target is silent", { targetSighting: { kind: "unreachable", why: "refused" } }, "unknown"],

  ["target-reachable", "it answers", {}, "pass"],
  ["target-reachable", "it does not answer", { targetHost: silent }, "block"],
  ["target-reachable", "both hosts have one UUID", { targetHost: known(host({ hostUuid: "a" })) }, "block"],
  ["target-reachable", "its QEMU is older", { sourceHost: qemu(7, 2, 23) }, "warn"],
  ["target-reachable", "its QEMU is newer", { sourceHost: qemu(7, 1, 99) }, "pass"],

  ["identity-collision", "another name, UUID and MAC", { targetHost: known(host({ vms: [otherVm()] })) }, "pass"],
  ["identity-collision", "the same name", { targetHost: known(host({ vms: [otherVm({ name: "web1" })] })) }, "block"],
  [
    "identity-collision",
    "a name that only begins so",
    { targetHost: known(host({ vms: [otherVm({ name: "web10" })] })) },
    "pass",
  ],
  [
    "identity-collision",
    "the same MAC",
    { targetHost: known(host({ vms: [otherVm({ macs: ["52:54:00:00:00:01"] })] })) },
    "block",
  ],
  [
    "identity-collision",
    "the same UUID runs",
    { targetHost: known(host({ vms: [otherVm({ id: vm().id })] })) },
    "block",
  ],
  [
    "identity-collision",
    "the same UUID is defined",
    { targetHost: known(host({ vms: [otherVm({ id: vm().id, power: "shutoff" })] })) },
    "warn",
  ],
  ["identity-collision", "the target is silent", { targetHost: silent }, "unknown"],

  ["job-in-progress", "none", {}, "pass"],
  ["job-in-progress", "a migration", { vm: vm({ job: "migration-out" }) }, "block"],
  ["job-in-progress", "a backup", { vm: vm({ job: "other" }) }, "block"],
  ["snapshots", "none", {}, "pass"],
  ["snapshots", "one", { vm: vm({ snapshotCount: 1 }) }, "block"],

  ["cpu-compatible", "it is", {}, "pass"],
  ["cpu-compatible", "a feature is missing", { cpu: known({ verdict: "incompatible", why: "avx512f" }) }, "block"],
  ["cpu-compatible", "nobody could compare", { cpu: silent }, "unknown"],
  ["machine-type", "offered", {}, "pass"],
  ["machine-type", "newer than the target's QEMU", { vm: vm({ machine: "pc-q35-8.2" }) }, "block"],
  [
    "machine-type",
    "the target has no KVM",
    { targetMachines: known({ machines: ["pc-q35-7.2"], accelerators: ["qemu"] }) },
    "block",
  ],
  ["machine-type", "nobody could ask", { targetMachines: silent }, "unknown"],

  ["memory-fits", "to the last MiB", { targetMemoryMiB: known(1024) }, "pass"],
  ["memory-fits", "one MiB short", { targetMemoryMiB: known(1023) }, "block"],
  [
    "memory-fits",
    "with a neighbour, exactly",
    { targetMemoryMiB: known(3072), targetHost: known(host({ vms: [otherVm()] })) },
    "pass",
  ],
  [
    "memory-fits",
    "with a neighbour, one short",
    { targetMemoryMiB: known(3071), targetHost: known(host({ vms: [otherVm()] })) },
    "block",
  ],
  [
    "memory-fits",
    "the neighbour is paused",
    { targetMemoryMiB: known(3071), targetHost: known(host({ vms: [otherVm({ power: "paused" })] })) },
    "block",
  ],
  [
    "memory-fits",
    "the neighbour is off",
    { targetMemoryMiB: known(3071), targetHost: known(host({ vms: [otherVm({ power: "shutoff" })] })) },
    "pass",
  ],
  [
    "memory-fits",
    "another move is on its way",
    { targetMemoryMiB: known(2047), inFlight: [{ vmName: "app1", memoryMiB: 1024 }] },
    "block",
  ],
  [
    "memory-fits",
    "and just fits beside it",
    { targetMemoryMiB: known(2048), inFlight: [{ vmName: "app1", memoryMiB: 1024 }] },
    "pass",
  ],
  ["memory-fits", "the free memory is short", { targetHost: known(host({ memoryFreeMiB: 1023 })) }, "block"],
  ["memory-fits", "the free memory just does", { targetHost: known(host({ memoryFreeMiB: 1024 })) }, "pass"],
  ["memory-fits", "nobody knows the target's memory", { targetMemoryMiB: silent }, "unknown"],

  ["tcg-dirty-bitmap", "KVM", {}, "silent"],
  ["tcg-dirty-bitmap", "emulated, a multiple of 256 KiB", { vm: emulated(256 * 1024 * 1024) }, "block"],
  ["tcg-dirty-bitmap", "emulated, 8 KiB less", { vm: emulated(256 * 1024 * 1024 - 8192) }, "pass"],
  ["tcg-dirty-bitmap", "emulated, unknown size", { vm: emulated(undefined) }, "unknown"],
  ["tcg-dirty-bitmap", "emulated, unknown QEMU", { vm: emulated(1), sourceHost: silent }, "unknown"],
  ["tcg-dirty-bitmap", "emulated by QEMU 8.2.1", { vm: emulated(262144), sourceHost: qemu(8, 2, 1) }, "block"],
  ["tcg-dirty-bitmap", "emulated by QEMU 8.2.2", { vm: emulated(262144), sourceHost: qemu(8, 2, 2) }, "silent"],

  ["disk-reachable", "the target opened it", {}, "pass"],
  ["disk-reachable", "it could not", { disks: [{ target: "vda", opens: known(false), why: "timed out" }] }, "block"],
  [
    "disk-reachable",
    "a local file",
    { vm: vm({ disks: [local] }), disks: [{ target: "vda", opens: known(false), why: "no such file" }] },
    "block",
  ],
  ["disk-reachable", "a shared file", { vm: vm({ disks: [local] }) }, "pass"],
  [
    "disk-reachable",
    "the target has another file of that name",
    {
      vm: vm({ disks: [local] }),
      disks: [{ target: "vda", opens: known(true), isSame: known(false), why: "" }],
    },
    "block",
  ],
  [
    "disk-reachable",
    "nobody could compare the files",
    { vm: vm({ disks: [local] }), disks: [{ target: "vda", opens: known(true), isSame: silent, why: "" }] },
    "unknown",
  ],
  ["disk-reachable", "a disk that travels", travels(), "silent"],
  ["disk-copy", "a disk that travels", travels(), "pass"],
  ["disk-copy", "a shared file", { ...travels(), disks: [{ target: "vda", opens: known(true), why: "" }] }, "silent"],
  ["disk-copy", "no pool", travels({ room: known(null) }), "block"],
  ["disk-copy", "nobody told of room", travels({ room: silent }), "block"],
  ["disk-copy", "nobody told of size", travels({ size: silent }), "block"],
  ["disk-copy", "a file that would be overwritten", travels({ room: room({ hasFile: true }) }), "block"],
  ["disk-copy", "incremental, into the file", travels({ room: room({ hasFile: true }) }, "incremental"), "pass"],
  ["disk-copy", "incremental, without a file", travels({}, "incremental"), "block"],
  ["disk-copy", "less room than it holds", travels({ room: room({ availableBytes: gib - 1 }) }), "block"],
  ["disk-copy", "room for what it holds alone", travels({ room: room({ availableBytes: gib }) }), "warn"],
  ["disk-reachable", "nobody could try", { disks: [{ target: "vda", opens: silent, why: "no shell" }] }, "unknown"],
  ["disk-reachable", "nobody asked", { disks: [] }, "unknown"],
  ["disk-reachable", "an empty drive", { vm: vm({ disks: [disk({ backing: { kind: "empty" } })] }) }, "silent"],
  ["host-local-backing", "a CD image of the source", { vm: vm({ disks: [disk(), cd] }) }, "block"],
  [
    "host-local-backing",
    "a CD image that the target opened",
    { vm: vm({ disks: [cd] }), disks: [{ target: "sda", opens: known(true), why: "" }] },
    "silent",
  ],
  [
    "host-local-backing",
    "an empty CD drive",
    { vm: vm({ disks: [disk({ device: "cdrom", backing: { kind: "empty" } })] }) },
    "silent",
  ],
  ["host-device", "none", {}, "pass"],
  ["host-device", "a graphics card", { vm: vm({ hostDevices: ["PCI 0000:01:00.0"] }) }, "block"],
  ["host-file", "there", {}, "pass"],
  ["host-file", "not there", { hostFiles: [{ role: "firmware", path: "/x", isThere: known(false) }] }, "block"],
  ["host-file", "nobody could look", { hostFiles: [{ role: "firmware", path: "/x", isThere: silent }] }, "unknown"],
  ["host-file", "none needed", { hostFiles: [] }, "silent"],

  ["bridge-present", "there", {}, "pass"],
  ["bridge-present", "another name", { targetBridges: known([{ name: "br1", mtu: 1500 }]) }, "block"],
  ["bridge-present", "nobody could read", { targetBridges: silent }, "unknown"],
  [
    "bridge-present",
    "a libvirt network",
    { vm: vm({ nics: [{ mac: "m", vlans: [], isTrunk: false, kind: "network", network: "default" }] }) },
    "unknown",
  ],
  [
    "bridge-present",
    "user-mode network",
    { vm: vm({ nics: [{ mac: "m", vlans: [], isTrunk: false, kind: "user" }] }) },
    "warn",
  ],
  [
    "bridge-present",
    "a device of the host",
    { vm: vm({ nics: [{ mac: "m", vlans: [], isTrunk: false, kind: "direct" }] }) },
    "unknown",
  ],
  ["bridge-present", "no NIC", { vm: vm({ nics: [] }) }, "silent"],
  ["bridge-mtu", "the same", {}, "pass"],
  ["bridge-mtu", "one byte less", { targetBridges: known([{ name: "br0", mtu: 1499 }]) }, "block"],
  ["bridge-mtu", "larger", { targetBridges: known([{ name: "br0", mtu: 9000 }]) }, "pass"],
  [
    "bridge-mtu",
    "the source's bridge decides",
    { vm: vm({ nics: [withoutMtu()] }), sourceMtus: { "52:54:00:00:00:01": 9000 } },
    "block",
  ],
  ["bridge-mtu", "unknown on the target", { targetBridges: known([{ name: "br0" }]) }, "unknown"],

  ["vlan-trunked", "on every port", {}, "pass"],
  ["vlan-trunked", "taken off the switch's port", { fabric: fabric({ "sw1/p2": trunk20 }) }, "block"],
  ["vlan-trunked", "taken off the host's uplink", { fabric: fabric({ "h2/uplink": trunk20 }) }, "block"],
  ["vlan-trunked", "taken off a port that is not on the way", { fabric: fabric({ "h1/migration": trunk20 }) }, "pass"],
  ["vlan-trunked", "a port cannot be read", { fabric: fabric({ "sw1/p2": unread }) }, "unknown"],
  ["vlan-trunked", "the target is not described", { target: "h3" }, "unknown"],
  ["vlan-trunked", "nothing links it", { fabric: { ...fabric(), links: [] } }, "unknown"],
  ["vlan-trunked", "nobody else is in the VLAN", { vm: vm({ nics: [nic({ vlans: [99] })] }) }, "unknown"],
  ["vlan-trunked", "the VM itself is no peer", { fabric: fabric({ "sw1/client": trunk20 }) }, "unknown"],
  ["vlan-trunked", "untagged", { vm: vm({ nics: [nic({ vlans: [] })] }) }, "silent"],

  ["migration-network", "packets get through", {}, "pass"],
  ["migration-network", "they do not", { migrationNetwork: { ...net, reaches: known(false) } }, "block"],
  ["migration-network", "nobody could try", { migrationNetwork: { ...net, reaches: silent } }, "unknown"],
  ["migration-network", "no address of its own", { migrationNetwork: { ...net, targetAddress: undefined } }, "warn"],
  [
    "migration-network",
    "its VLAN is missing on a port",
    { migrationNetwork: { ...net, reaches: silent }, fabric: fabric({ "sw1/p2": { kind: "trunk", trunks: [10] } }) },
    "block",
  ],
  [
    "migration-network",
    "so says the description, packets say otherwise",
    { fabric: fabric({ "sw1/p2": { kind: "trunk", trunks: [10] } }) },
    "warn",
  ],
];

function withoutMtu(): MoveFacts["vm"]["nics"][number] {
  const { mtu: _mtu, ...rest } = nic();
  return rest;
}

const order: readonly Severity[] = ["block", "warn", "unknown", "pass"];
const worstOf = (results: readonly CheckResult[], rule: string): Severity | "silent" =>
  order.find((severity) => results.some((result) => result.rule === rule && result.severity === severity)) ?? "silent";

describe("checks", () => {
  for (const [rule, when, change, worst] of cases)
    it(`${rule}: ${when}: ${worst}`, () => {
      expect(worstOf(checkMove(facts(change)), rule)).toBe(worst);
    });

  it("every rule has a case that blocks, warns or does not know, and one that does not", () => {
    const rules = new Set(cases.map(([rule]) => rule));
    const isQuiet = (worst: string): boolean => worst === "pass" || worst === "silent";
    const lacking = [...rules].filter((rule) => {
      const verdicts = cases.filter(([name]) => name === rule).map(([, , , worst]) => worst);
      return !verdicts.some(isQuiet) || verdicts.every(isQuiet);
    });
    expect(lacking).toEqual([]);
    const reported = new Set(cases.flatMap(([, , change]) => checkMove(facts(change)).map((result) => result.rule)));
    expect([...reported].filter((rule) => !rules.has(rule))).toEqual([]);
  });

  it("come worst first, and each block says how to mend it", () => {
    for (const [, , change] of cases) {
      const results = checkMove(facts(change));
      const ranks = results.map((result) => order.indexOf(result.severity));
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      expect(results.filter((result) => result.severity === "block" && (result.fix ?? "") === "")).toEqual([]);
    }
  });

  it("touch only their own rule: one wrong fact never makes another rule block", () => {
    const alone = cases.filter(([, , change]) => Object.keys(change).length === 1 && !("vm" in change));
    for (const [rule, when, change, worst] of alone.filter(([, , , severity]) => severity === "block")) {
      const blocking = new Set(
        checkMove(facts(change)).flatMap((result) => (result.severity === "block" ? [result.rule] : [])),
      );
      expect([when, worst, [...blocking]]).toEqual([when, "block", [rule]]);
    }
  });

  it("name the port, the VLAN, who is cut off and the command", () => {
    const [first] = checkMove(facts({ fabric: fabric({ "sw1/p2": trunk20 }) }));
    expect(first).toEqual({
      rule: "vlan-trunked",
      severity: "block",
      subject: "sw1/p2",
      message: "port p2 of switch sw1 does not carry VLAN 10: on h2, web1 would not reach its peers at sw1",
      fix: "ovs-vsctl --db=unix:/run/sw1.sock add port p2 trunks 10",
    });
  });

  it("print repairs that run as they are, where a command can mend it", () => {
    const twin = otherVm({ name: "web1", power: "shutoff" });
    const neighbour = { name: "br1", datapathType: "netdev" };
    const repairs: readonly (readonly [string, Partial<MoveFacts>, string])[] = [
      ["bridge-present", { targetBridges: known([]) }, "ovs-vsctl --db=unix:/run/h2.sock add-br br0"],
      [
        "bridge-present",
        { targetBridges: known([neighbour]) },
        "ovs-vsctl --db=unix:/run/h2.sock add-br br0 -- set bridge br0 datapath_type=netdev",
      ],
      [
        "bridge-present",
        { targetBridges: known([neighbour]), fabric: emptyFabric },
        "on h2: ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev",
      ],
      [
        "identity-collision",
        { targetHost: known(host({ vms: [twin] })) },
        `on h2: virsh domrename web1 web1-${twin.id}`,
      ],
      ["job-in-progress", { vm: vm({ job: "migration-out" }) }, "on h1: virsh domjobabort web1"],
      ["host-local-backing", { vm: vm({ disks: [cd] }) }, "on h1: virsh change-media web1 sda --eject --live"],
    ];
    for (const [rule, change, fix] of repairs)
      expect(checkMove(facts(change)).find((check) => check.rule === rule && check.severity === "block")).toMatchObject(
        {
          fix,
        },
      );
  });

  it("of a good move are the golden list", () => {
    const path = join(import.meta.dirname, "__golden__", "good-move.txt");
    const text = checkMove(facts())
      .map(({ rule, severity, subject, message }) => `${severity} ${rule} (${subject}): ${message}\n`)
      .join("");
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, "utf8"));
  });

  it("of the rules are all on their page", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../../docs/checks.md"), "utf8");
    const headings = [...page.matchAll(/^### `([a-z-]+)`$/gm)].map((match) => match[1] ?? "");
    // These are made of the fabric's findings and of the prediction, not of the facts of the two hosts.
    const rules = new Set([...cases.map(([rule]) => rule), "convergence", "fabric-document"]);
    expect(headings.toSorted()).toEqual([...rules].toSorted());
  });
});

describe("what the fabric says besides", () => {
  const finding = (rule: string, severity: Severity, subject: string): CheckResult => ({
    rule,
    severity,
    subject,
    message: "a description says so",
  });
  const rulesOf = (results: readonly CheckResult[]): readonly string[] => results.map(({ rule }) => rule);

  it("is added to the checks, worst first", () => {
    const [first] = checkMove(facts(), [finding("stateful-asymmetry", "block", "fw1")]);
    expect(first?.rule).toBe("stateful-asymmetry");
  });

  it("is left out where a check of its own has named the port", () => {
    const broken = facts({ fabric: fabric({ "sw1/p2": { kind: "trunk", trunks: [20] } }) });
    expect(rulesOf(checkMove(broken, [finding("vlan-path", "block", "sw1/p2")]))).not.toContain("vlan-path");
    expect(rulesOf(checkMove(facts(), [finding("vlan-path", "block", "leaf9/p1")]))).toContain("vlan-path");
  });

  it("has no say about the migration network once packets were sent", () => {
    const described = [finding("move-network", "block", "h2"), finding("move-network", "warn", "h1/up0")];
    expect(rulesOf(checkMove(facts(), described)).filter((rule) => rule === "move-network")).toHaveLength(1);
    const { migrationNetwork } = facts();
    const untried = facts({ migrationNetwork: { ...migrationNetwork, reaches: unknown("no shell") } });
    expect(checkMove(untried, described)[0]).toMatchObject({ rule: "move-network", severity: "block" });
  });
});
