/** Addresses as texts for people, and written so that equal addresses are equal texts. */
import type { IpAddress, IpPrefix } from "./ip.ts";

/** For IPv6 the one spelling of RFC 5952, section 4: lower case, the longest run of zeros as a double colon. */
export function formatAddress({ version, words }: IpAddress): string {
  if (version === 4) return words.flatMap((word) => [word >> 8, word & 0xff]).join(".");
  const groups = words.map((word) => word.toString(16));
  const zeros = longestZeros(groups);
  if (zeros.count < 2) return groups.join(":");
  return `${groups.slice(0, zeros.at).join(":")}::${groups.slice(zeros.at + zeros.count).join(":")}`;
}

export function formatPrefix({ network, length }: IpPrefix): string {
  return `${formatAddress(network)}/${length}`;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly string[]): { readonly at: number; readonly count: number } {
  let best = { at: 0, count: 0 };
  for (let at = 0; at < groups.length; at += 1) {
    let count = 0;
    while (groups[at + count] === "0") count += 1;
    if (count > best.count) best = { at, count };
  }
  return best;
}
