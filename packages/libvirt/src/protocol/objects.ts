/** How libvirt names its objects on the wire, and the error it answers with (src/remote/remote_protocol.x). */
import { LibvirtError } from "../errors.ts";
import { int, optional, string, struct } from "../xdr/codec.ts";
import type { Codec, Decoded } from "../xdr/codec.ts";

/** Sixteen bytes on the wire, text with dashes here. */
export const uuid: Codec<string> = {
  encode: (writer, value) => {
    if (!UUID.test(value)) throw new LibvirtError("libvirt.argument", `"${value}" is not a UUID.`);
    writer.fixedOpaque(Buffer.from(value.replaceAll("-", ""), "hex"), UUID_BYTES);
  },
  decode: (reader) => {
    const digits = reader.fixedHex(UUID_BYTES);
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
  },
};

const UUID_BYTES = 16;
const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** `id` is -1 while the domain does not run. libvirt's QEMU driver looks at the uuid alone. */
export const dom = struct({ name: string, uuid, id: int });
export type Dom = Decoded<typeof dom>;

/** A domain of which only the uuid is known, to be passed as an argument. */
export function domByUuid(uuidText: string): Dom {
  return { name: "", uuid: uuidText, id: -1 };
}

export const network = struct({ name: string, uuid });
export const storagePool = struct({ name: string, uuid });
export const storageVolume = struct({ pool: string, name: string, key: string });
export const networkInterface = struct({ name: string, mac: string });
export const nodeDevice = struct({ name: string });
export const snapshot = struct({ name: string, dom });

/** The content of every reply with the status "error", whatever the procedure (remote_error). */
export const errorLayout = struct({
  code: int,
  domain: int,
  message: optional(string),
  level: int,
  dom: optional(dom),
  text1: optional(string),
  text2: optional(string),
  text3: optional(string),
  number1: int,
  number2: int,
  network: optional(network),
});
