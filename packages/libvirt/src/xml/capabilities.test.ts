import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseCapabilities } from "./capabilities.ts";
import { parseDomainCapabilities } from "./domain-capabilities.ts";
import { XmlError } from "./xml-error.ts";

const golden = (name: string): string => readFileSync(new URL(`./__golden__/${name}`, import.meta.url), "utf8");
const host = golden("capabilities-debian12.xml");

describe("parseCapabilities", () => {
  it("describes the host and the guests it can run", () => {
    const capabilities = parseCapabilities(host);
    expect(capabilities).toMatchObject({
      hostUuid: "11111111-2222-4333-8444-555555555555",
      arch: "x86_64",
      cpuModel: "Broadwell",
      cpuVendor: "Intel",
      numaCells: [{ id: 0, cpus: [0, 1] }],
      migrationTransports: ["tcp", "rdma"],
    });
    expect(capabilities.numaCells[0]?.memoryMiB).toBeCloseTo(6362.2, 1);
    expect(capabilities.features).toContain("avx512f");
    expect(capabilities.cpuXml).toMatch(/^<cpu>\n {2}<arch>x86_64<\/arch>/u);
    expect(capabilities.guests.map((guest) => guest.arch)).toEqual(["i686", "x86_64"]);
    expect(capabilities.guests[1]).toMatchObject({
      domainTypes: ["qemu", "kvm"],
      emulator: "/usr/bin/qemu-system-x86_64",
      emulatorPerType: {},
    });
    expect(capabilities.guests[1]?.machines).toContainEqual({
      name: "q35",
      canonical: "pc-q35-7.2",
      maxVcpus: 288,
      isDeprecated: false,
    });
    expect(capabilities.guests[1]?.machines.find((machine) => machine.name === "pc-i440fx-1.7")?.isDeprecated).toBe(
      true,
    );
  });

  it("finds emulators and machines of a domain type of its own", () => {
    const text = host.replace(
      /<domain type='kvm'\/>/gu,
      "<domain type='kvm'><emulator>/usr/bin/qemu-kvm</emulator><machine maxCpus='8'>special</machine></domain>",
    );
    const guest = parseCapabilities(text).guests[1];
    expect(guest?.emulatorPerType).toEqual({ kvm: "/usr/bin/qemu-kvm" });
    expect(guest?.machines.at(-1)).toEqual({ name: "special", maxVcpus: 8, isDeprecated: false });
  });

  it.each([
    ["another document", "<domain/>"],
    ["no host", "<capabilities/>"],
    ["a host without a uuid", host.replace(/<uuid>.*<\/uuid>/u, "")],
    ["a cell whose id is no number", host.replace("<cell id='0'>", "<cell id='zero'>")],
  ])("refuses %s", (_what, text) => {
    expect(() => parseCapabilities(text)).toThrow(XmlError);
  });
});

describe("parseDomainCapabilities", () => {
  it("tells which CPUs a guest may ask for under emulation", () => {
    const capabilities = parseDomainCapabilities(golden("domain-capabilities-tcg.xml"));
    expect(capabilities).toMatchObject({
      emulator: "/usr/bin/qemu-system-x86_64",
      machine: "pc-i440fx-7.2",
      arch: "x86_64",
      domainType: "qemu",
      maxVcpus: 255,
      loaderPaths: [],
      firmwares: [],
      cpuModes: ["maximum", "host-model", "custom"],
      hostModel: { model: "EPYC", vendor: "AMD" },
      diskDeviceKinds: ["disk", "cdrom", "floppy", "lun"],
      filesystemDrivers: ["path", "handle", "virtiofs"],
      tpmBackends: ["passthrough"],
    });
    expect(capabilities.hostModel?.features).toContainEqual({ name: "vme", policy: "disable" });
    expect(capabilities.customModels).toContainEqual({ name: "qemu64", usable: "yes" });
    expect(capabilities.customModels).toContainEqual({ name: "phenom", usable: "no", vendor: "AMD" });
  });

  it("tells what KVM offers on the same host", () => {
    const capabilities = parseDomainCapabilities(golden("domain-capabilities-kvm.xml"));
    expect(capabilities.domainType).toBe("kvm");
    expect(capabilities.cpuModes).toContain("host-passthrough");
  });

  it("lists firmware, and keeps a model's usability unknown where libvirt does", () => {
    const text = golden("domain-capabilities-tcg.xml")
      .replace("<enum name='firmware'/>", "<enum name='firmware'><value>efi</value></enum>")
      .replace("<loader supported='yes'>", "<loader supported='yes'><value>/usr/share/OVMF/CODE.fd</value>")
      .replace("<model usable='yes' vendor='unknown'>qemu64", "<model usable='unknown'>qemu64");
    expect(parseDomainCapabilities(text)).toMatchObject({
      firmwares: ["efi"],
      loaderPaths: ["/usr/share/OVMF/CODE.fd"],
    });
    expect(parseDomainCapabilities(text).customModels[0]).toEqual({ name: "qemu64", usable: "unknown" });
  });

  it.each([
    ["another document", "<capabilities/>"],
    ["an emulator without a path", "<domainCapabilities><domain>kvm</domain><arch>x86_64</arch></domainCapabilities>"],
  ])("refuses %s", (_what, text) => {
    expect(() => parseDomainCapabilities(text)).toThrow(XmlError);
  });
});
