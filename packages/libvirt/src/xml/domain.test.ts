import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { domainCpuXml, parseDomain } from "./domain.ts";
import { editDomain } from "./domain-edit.ts";
import { attribute, find } from "./tree.ts";
import { parseXml } from "./document.ts";
import { XmlError } from "./xml-error.ts";

const golden = (name: string): string => readFileSync(new URL(`./__golden__/${name}`, import.meta.url), "utf8");
const web3 = golden("domain-web-3.xml");
const lab1 = golden("domain-lab-1.xml");

const domainWith = (devices: string, rest = ""): string =>
  `<domain type='kvm'><name>v</name><uuid>5c2f1f6e-3a54-4e7a-9f37-0c0f6a3b7d11</uuid><memory>1024</memory>
   <os><type arch='x86_64'>hvm</type></os>${rest}<devices>${devices}</devices></domain>`;

describe("parseDomain", () => {
  it("describes a domain with everything that ties it to a host", () => {
    const domain = parseDomain(web3);
    expect(domain).toMatchObject({
      name: "web-3",
      uuid: "5c2f1f6e-3a54-4e7a-9f37-0c0f6a3b7d11",
      title: "Web & shop <3>",
      type: "qemu",
      memoryMiB: 2048,
      currentMemoryMiB: 1536,
      vcpus: 2,
      maxVcpus: 4,
      arch: "x86_64",
      machine: "pc-q35-7.2",
      emulator: "/usr/bin/qemu-system-x86_64",
      firmware: "efi",
      cpu: {
        mode: "custom",
        model: "Skylake-Client-IBRS",
        vendor: "Intel",
        features: [
          { name: "pcid", policy: "require" },
          { name: "hle", policy: "disable" },
        ],
      },
      hostDevices: [
        { kind: "pci", address: "0000:06:02.0" },
        { kind: "usb", address: "1234:beef" },
      ],
      characterDevices: [
        { role: "serial", kind: "file", hostPath: "/var/log/web-3.console" },
        { role: "console", kind: "file", hostPath: "/var/log/web-3.console" },
        { role: "channel", kind: "unix", hostPath: "/run/web-3.agent" },
      ],
      filesystems: [{ kind: "9p", source: "/srv/share", target: "share" }],
      tpm: { model: "tpm-tis", backend: "passthrough", devicePath: "/dev/tpm0" },
      graphics: [{ kind: "vnc", listen: "127.0.0.1", port: -1, isAutoPort: true }],
    });
    expect(domain.metadata).toContain('<tl:owner team="shop">Ada</tl:owner>');
  });

  it("tells the sources of disks apart", () => {
    expect(parseDomain(web3).disks.map((disk) => [disk.target, disk.source])).toEqual([
      [
        "vda",
        {
          kind: "network",
          protocol: "iscsi",
          name: "iqn.2026-01.example:vms/1",
          hosts: [{ name: "10.0.9.1", port: 3260 }],
          hasAuth: true,
        },
      ],
      ["vdb", { kind: "file", path: "/srv/vms/web-3.qcow2" }],
      ["vdc", { kind: "block", path: "/dev/vg0/web-3" }],
      ["vdd", { kind: "volume", pool: "pool0", volume: "web-3-log" }],
      ["sda", { kind: "none" }],
    ]);
    expect(parseDomain(web3).disks).toMatchObject([
      { format: "raw", cache: "none", shareable: true, readonly: false },
      { format: "qcow2", cache: "writeback", shareable: false },
      { type: "block" },
      { type: "volume" },
      { device: "cdrom", readonly: true, bus: "sata" },
    ]);
  });

  it("tells VLANs and virtual ports of interfaces apart", () => {
    expect(parseDomain(web3).nics).toMatchObject([
      {
        mac: "52:54:00:aa:bb:01",
        kind: "bridge",
        bridge: "br0",
        vlanTags: [10],
        trunk: false,
        virtualPort: "openvswitch",
        mtu: 9000,
        target: "web3a",
      },
      {
        vlanTags: [20, 30],
        trunk: true,
        nativeVlan: 20,
        portProfile: "gold",
        interfaceId: "8f2b2c9e-7f5c-4d2a-8b94-2f7f8b1d6a02",
      },
      { kind: "network", network: "storage", portGroup: "fast", model: "e1000e", vlanTags: [] },
      { kind: "direct", device: "eth1", virtualPort: "802.1Qbh", portProfile: "blue" },
      { kind: "user" },
    ]);
  });

  it("never carries a password", () => {
    expect(web3).toContain("hunter2");
    expect(JSON.stringify(parseDomain(web3))).not.toContain("hunter2");
  });

  it("reads a running domain: expanded CPU, backing chain, pty", () => {
    const running = parseDomain(golden("domain-running.xml"));
    expect(running.disks[0]?.backingChain).toEqual([{ kind: "file", path: "/srv/vms/base.qcow2" }]);
    expect(running.characterDevices[0]).toEqual({ role: "serial", kind: "pty" });
    expect(running.cpu?.features).toContainEqual({ name: "hypervisor", policy: "require" });
    expect(running.graphics).toMatchObject([{ port: 5900 }]);
  });

  it("reads a domain that boots a kernel directly", () => {
    expect(parseDomain(lab1)).toMatchObject({
      memoryMiB: 256,
      kernel: "/srv/lab/vmlinuz",
      initrd: "/srv/lab/initrd",
      cpu: { mode: "custom", model: "qemu64", features: [] },
      filesystems: [],
    });
    expect(parseDomain(lab1)).not.toHaveProperty("tpm");
  });

  it("reads virtiofs, an emulated TPM, UEFI with its variables, huge pages, encryption and mediated devices", () => {
    const domain = parseDomain(
      domainWith(
        `<filesystem type='mount'><driver type='virtiofs'/><source dir='/srv/a'/><target dir='a'/></filesystem>
         <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
         <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>
         <hostdev mode='subsystem' type='usb'><source><address bus='1' device='4'/></source></hostdev>
         <disk type='nvme' device='disk'><source type='pci' namespace='1'/><target dev='vda'/></disk>`,
        `<memoryBacking><hugepages/></memoryBacking><launchSecurity type='sev'/><cpu mode='host-passthrough' migratable='on'/>`,
      ).replace(
        "<os><type arch='x86_64'>hvm</type></os>",
        `<os><type arch='x86_64'>hvm</type><loader readonly='yes' secure='yes' type='pflash'>/usr/share/OVMF/CODE.fd</loader>
         <nvram><source file='/var/lib/nvram.fd'/></nvram></os>`,
      ),
    );
    expect(domain).toMatchObject({
      type: "kvm",
      memoryMiB: 1,
      vcpus: 1,
      loader: { path: "/usr/share/OVMF/CODE.fd", type: "pflash", isReadonly: true, isSecure: true },
      nvram: "/var/lib/nvram.fd",
      cpu: { mode: "host-passthrough", features: [] },
      hasHugePages: true,
      launchSecurity: "sev",
      filesystems: [{ kind: "virtiofs" }],
      tpm: { backend: "emulator", version: "2.0" },
      hostDevices: [
        { kind: "mdev", address: "c2177883-f1bb-47f0-914d-32a22e3a8804" },
        { kind: "usb", address: "bus 1 device 4" },
      ],
      disks: [{ type: "nvme", source: { kind: "other", type: "nvme" } }],
    });
  });

  it.each([
    ["another document", "<capabilities/>"],
    ["a container", domainWith("").replace("'kvm'", "'lxc'")],
    ["a domain without a name", domainWith("").replace("<name>v</name>", "")],
    ["memory in a unit nobody knows", domainWith("").replace("<memory>", "<memory unit='acres'>")],
    ["memory that is no number", domainWith("").replace("1024", "lots")],
    ["a disk without a target", domainWith("<disk><source file='/x'/></disk>")],
    [
      "a VLAN that is no number",
      domainWith("<interface type='bridge'><mac address='x'/><vlan><tag id='x'/></vlan></interface>"),
    ],
  ])("refuses %s", (_what, text) => {
    expect(() => parseDomain(text)).toThrow(XmlError);
  });
});

describe("domainCpuXml", () => {
  it("is the element libvirt compares", () => {
    expect(domainCpuXml(lab1)).toBe(
      `<cpu mode="custom" match="exact" check="none">\n  <model fallback="allow">qemu64</model>\n</cpu>\n`,
    );
    expect(domainCpuXml(domainWith(""))).toBeUndefined();
  });
});

describe("editDomain", () => {
  it("changes what it names and nothing else", () => {
    const edited = editDomain(web3)
      .withName("web <4>")
      .withUuid("00000000-0000-4000-8000-000000000004")
      .setInterfaceBridge("52:54:00:AA:BB:01", "br1")
      .setDiskSource("vdb", { kind: "file", path: "/srv/a & b.qcow2" })
      .toXml();
    const before = parseDomain(web3);
    const after = parseDomain(edited);
    expect(after).toEqual({
      ...before,
      name: "web <4>",
      uuid: "00000000-0000-4000-8000-000000000004",
      nics: before.nics.map((nic, index) => (index === 0 ? { ...nic, bridge: "br1" } : nic)),
      disks: before.disks.map((disk, index) =>
        index === 1 ? { ...disk, source: { kind: "file", path: "/srv/a & b.qcow2" } } : disk,
      ),
    });
    expect(attribute(find(parseXml(edited), "devices", "graphics"), "passwd")).toBe("hunter2");
  });

  it("turns a disk into one of another kind, and drops what described the old source", () => {
    const sources = [
      { kind: "block", path: "/dev/x" },
      { kind: "volume", pool: "p", volume: "v" },
      { kind: "network", protocol: "nbd", name: "", hosts: [{ transport: "unix", socket: "/s" }], hasAuth: false },
      { kind: "none" },
    ] as const;
    for (const source of sources) {
      const disk = parseDomain(editDomain(golden("domain-running.xml")).setDiskSource("vda", source).toXml()).disks[0];
      expect(disk?.source).toEqual(source);
      expect(disk?.backingChain).toEqual([]);
    }
    const withoutLogin = editDomain(web3).setDiskSource("vda", { kind: "file", path: "/x" }).toXml();
    expect(withoutLogin).not.toContain("<auth");
    const server = {
      kind: "network",
      protocol: "iscsi",
      name: "iqn.2026-01.example:b/1",
      hosts: [{ name: "10.0.9.2" }],
    } as const;
    for (const hasAuth of [true, false]) {
      const moved = parseDomain(
        editDomain(web3)
          .setDiskSource("vda", { ...server, hasAuth })
          .toXml(),
      );
      expect(moved.disks[0]?.source).toEqual({ ...server, hasAuth });
    }
  });

  it("can leave the uuid to libvirt, and an interface of another kind becomes a bridged one", () => {
    const edited = editDomain(web3).withUuid(undefined).setInterfaceBridge("52:54:00:aa:bb:05", "br0").toXml();
    expect(edited).not.toContain("<uuid>");
    expect(() => parseDomain(edited)).toThrow(/<uuid>/u);
    expect(parseDomain(editDomain(edited).withUuid("u").toXml()).nics[4]).toMatchObject({
      kind: "bridge",
      bridge: "br0",
    });
  });

  it("refuses devices that are not there, and characters XML cannot carry", () => {
    expect(() => editDomain(web3).setDiskSource("vdz", { kind: "none" })).toThrow(XmlError);
    expect(() => editDomain(web3).setInterfaceBridge("52:54:00:00:00:00", "br0")).toThrow(XmlError);
    expect(() => editDomain(web3).withName("a\u0000b")).toThrow(XmlError);
    expect(() => editDomain("<domainsnapshot/>")).toThrow(XmlError);
  });
});
