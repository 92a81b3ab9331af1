import { expect, test } from "vitest";
import { parseDomain } from "./domain.ts";
import { interfaceMacsOf } from "./interfaces.ts";

const domainWith = (devices: string, metadata = ""): string =>
  `<?xml version="1.0"?><domain type='kvm'><name>a&gt;b</name><uuid>00000000-0000-4000-8000-000000000001</uuid>
<memory unit='KiB'>1024</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os>${metadata}<devices>${devices}</devices></domain>`;

const nic = (mac: string): string =>
  `<interface type="bridge"><mac address="${mac}"/><source bridge='br'/></interface>`;

test("tells what the whole document tells, in its order and in lower case", () => {
  const xml = domainWith(`<controller type='usb'/>${nic("52:54:00:AB:00:02")}<memballoon/>${nic("52:54:00:00:00:01")}`);
  expect(interfaceMacsOf(xml)).toEqual(["52:54:00:ab:00:02", "52:54:00:00:00:01"]);
  expect(interfaceMacsOf(xml)).toEqual(parseDomain(xml).nics.map(({ mac }) => mac));
  expect(interfaceMacsOf(domainWith(""))).toEqual([]);
});

test("is not taken in by the same names in other places", () => {
  const decoys = [
    `<metadata><a:devices xmlns:a='x'>${nic("00:00:00:00:00:01")}</a:devices></metadata>`,
    `<metadata><devices>${nic("00:00:00:00:00:02")}</devices></metadata>`,
    `<description><![CDATA[<devices>${nic("00:00:00:00:00:03")}</devices>]]></description>`,
    `<!-- </domain><domain><devices>${nic("00:00:00:00:00:04")} -->`,
    `<title note='</domain> > <mac address="00:00:00:00:00:05"/>'/>`,
  ];
  for (const decoy of decoys)
    expect(interfaceMacsOf(domainWith(nic("52:54:00:00:00:01"), decoy))).toEqual(["52:54:00:00:00:01"]);
  expect(interfaceMacsOf(domainWith("<hostdev><source><mac address='00:00:00:00:00:06'/></source></hostdev>"))).toEqual(
    [],
  );
});
