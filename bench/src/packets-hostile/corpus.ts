/** What hostile packets are made of: our own samples, and the packets of captures where there are any. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "@trunkline/model";
import { ethernetLinkType, readCapture, sampleFrames } from "@trunkline/packets";
import type { Draw } from "@trunkline/packets";

/** Beside the repository, as the tests look for them. */
const beside = fileURLToPath(new URL("../../../../shared/data/pcaps", import.meta.url));

export interface Corpus {
  readonly samples: readonly Uint8Array[];
  readonly captured: readonly Uint8Array[];
}

/** Half of the packets are made of samples, which are of every kind; captures hold a lot of a few. */
export function originalOf({ samples, captured }: Corpus, draw: Draw): Uint8Array {
  const packets = captured.length > 0 && draw(2) === 0 ? captured : samples;
  const original = packets[draw(packets.length)];
  assert(original !== undefined, "there are samples");
  return original;
}

/** @param folder holds captures, at any depth; `undefined` for the one beside the repository, which may be missing. */
export function corpusOf(folder: string | undefined): Corpus {
  const captured = folder === undefined && !existsSync(beside) ? [] : capturedIn(folder ?? beside);
  return { samples: Object.values(sampleFrames), captured };
}

/** Each packet once, in the order of the files' names: the same folder gives the same run. */
function capturedIn(folder: string): readonly Uint8Array[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.pcap(?:ng)?$/.test(file))
    .toSorted();
  const packets = files
    .flatMap((file) => readCapture(readFileSync(join(folder, file))).packets)
    .filter(({ linkType }) => linkType === ethernetLinkType);
  return [...new Map(packets.map(({ bytes }) => [bytes.join(), bytes])).values()];
}
