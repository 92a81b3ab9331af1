/**
 * The statistics of many domains (remote_domain_stats_record). Each names mostly the same figures as the one before, and
 * a host's answer holds thousands of names: they are read once and shared.
 */
import { MAX_LIST_ITEMS } from "../limits.ts";
import { list, struct } from "../xdr/codec.ts";
import type { Codec } from "../xdr/codec.ts";
import { dom } from "./objects.ts";
import type { Dom } from "./objects.ts";
import { decodeLike, typedParams } from "./typed-params.ts";
import type { TypedParam } from "./typed-params.ts";

export interface StatsRecord {
  readonly dom: Dom;
  readonly params: readonly TypedParam[];
}

const plain = list(struct({ dom, params: typedParams }));

export const statsRecords: Codec<readonly StatsRecord[]> = {
  encode: (writer, records) => plain.encode(writer, records),
  decode: (reader) => {
    const count = reader.count(MAX_LIST_ITEMS);
    const records: StatsRecord[] = [];
    for (let index = 0; index < count; index += 1) {
      const pattern = records.at(-1)?.params ?? [];
      records.push({ dom: dom.decode(reader), params: decodeLike(pattern, reader) });
    }
    return records;
  },
};
