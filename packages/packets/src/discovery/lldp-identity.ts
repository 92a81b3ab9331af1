/** How LLDP names a chassis, a port and the address to manage them by (IEEE 802.1AB-2016, sections 8.5.2, 8.5.3, 8.5.9). */
import type { Cursor } from "../wire/cursor.ts";
import { hexOf } from "../wire/text.ts";

export type LldpIdentityForm =
  | "component"
  | "interface-alias"
  | "mac"
  | "network-address"
  | "interface-name"
  | "circuit"
  | "local"
  | "other";

export interface LldpIdentity {
  readonly form: LldpIdentityForm;
  readonly text: string;
}

export interface ManagementAddress {
  readonly address: string;
  /** 1 unknown, 2 ifIndex, 3 system port number. */
  readonly interfaceNumbering: number;
  readonly interfaceNumber: number;
}

const chassisForms: Readonly<Record<number, LldpIdentityForm>> = {
  1: "component",
  2: "interface-alias",
  3: "component",
  4: "mac",
  5: "network-address",
  6: "interface-name",
  7: "local",
};
const portForms: Readonly<Record<number, LldpIdentityForm>> = {
  1: "interface-alias",
  2: "component",
  3: "mac",
  4: "network-address",
  5: "interface-name",
  6: "circuit",
  7: "local",
};

/** IANA address family numbers. */
const ipv4Family = 1;
const ipv6Family = 2;
const ieee802Family = 6;

export function readChassis(value: Cursor): LldpIdentity {
  return readIdentity(value, chassisForms[value.u8("chassis subtype")] ?? "other", "chassis");
}

export function readPort(value: Cursor): LldpIdentity {
  return readIdentity(value, portForms[value.u8("port subtype")] ?? "other", "port");
}

export function readManagement(value: Cursor): ManagementAddress {
  const length = value.u8("management address length");
  if (length < 2) throw value.wrong("management address length", `${length} bytes hold no address.`, 1);
  const address = readAddress(value.part(length, "management address"));
  const interfaceNumbering = value.u8("interface numbering");
  const interfaceNumber = value.u32("interface number");
  // The object identifier after it is of no use without the management protocol; its length is checked all the same.
  value.skip(value.u8("object identifier length"), "object identifier");
  return { address, interfaceNumbering, interfaceNumber };
}

function readIdentity(value: Cursor, form: LldpIdentityForm, field: string): LldpIdentity {
  if (form === "mac") return { form, text: value.mac(field) };
  if (form === "network-address") return { form, text: readAddress(value) };
  if (form === "other" || form === "circuit") return { form, text: hexOf(value.rest()) };
  return { form, text: value.text(value.remaining, field) };
}

function readAddress(value: Cursor): string {
  const family = value.u8("address family");
  if (family === ipv4Family) return value.ipv4("address");
  if (family === ipv6Family) return value.ipv6("address");
  if (family === ieee802Family) return value.mac("address");
  return hexOf(value.rest());
}
