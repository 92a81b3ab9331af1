/** Single values as a document writes them; what is undefined is left out. */
import { formatRate } from "./units.ts";

export function yesOrNo(flag: boolean | undefined): "yes" | "no" | undefined {
  if (flag === undefined) return undefined;
  return flag ? "yes" : "no";
}

export function writtenRate(bps: number | undefined): string | number | undefined {
  return bps === undefined ? undefined : formatRate(bps);
}

export function unlessEmpty<Item>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list;
}
