/** What libvirt answers when it refuses a call, as our error. */
import { LibvirtError } from "../errors.ts";
import { MAX_QUOTED_CHARACTERS } from "../limits.ts";
import { errorLayout } from "../protocol/objects.ts";
import type { XdrReader } from "../xdr/reader.ts";

/** `refusal` begins the message: who refused what. */
export function readRemoteError(payload: XdrReader, refusal: string): LibvirtError {
  const { code, domain, level, message } = errorLayout.decode(payload);
  payload.end();
  const text = (message ?? "no reason given").slice(0, MAX_QUOTED_CHARACTERS);
  return new LibvirtError("libvirt.remote", `${refusal}: ${text} (code ${code}, origin ${domain}).`, {
    remote: { code, domain, level, message: text },
  });
}
