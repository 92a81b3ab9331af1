/**
 * Which of several equal ways a stream takes. No switch says how it hashes, and the answer changes with every port number,
 * so a seed stands for what is not known: one seed is one possible network, many of them are a distribution.
 *
 * Each device hashes with its own name. Real devices of one make may hash alike and then use only some of their links
 * (polarisation); best and worst over all outcomes cover that.
 */

/** FNV-1a over the characters of a name (draft-eastlake-fnv). */
export function nameHash(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}

/** Mixes hashes in their order; each step is the finaliser of MurmurHash3, which spreads what differs in a bit. */
export function mixed(...hashes: readonly number[]): number {
  let hash = 0;
  for (const one of hashes) {
    hash = (Math.imul(hash, 5) + one) | 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash = (hash ^ (hash >>> 16)) >>> 0;
  }
  return hash;
}

/** @returns which of the weights the hash falls on; the same hash moves little when the weights do. */
export function pickByHash(weights: readonly number[], hash: number): number {
  let total = 0;
  for (const weight of weights) total += weight;
  let left = (hash / 2 ** 32) * total;
  for (let at = 0; at < weights.length - 1; at += 1) {
    left -= weights[at] ?? 0;
    if (left < 0) return at;
  }
  return weights.length - 1;
}
