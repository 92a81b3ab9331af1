/** Link aggregation in LLDP: one layout for two standards, 802.1 subtype 7 and, until 802.1AX took it over, 802.3 subtype 3. */
import type { Cursor } from "../wire/cursor.ts";

export interface LldpAggregation {
  readonly isCapable: boolean;
  readonly isAggregated: boolean;
  readonly portId: number;
}

export function readAggregation(value: Cursor): LldpAggregation {
  const status = value.u8("aggregation status");
  const portId = value.u32("aggregation port");
  return { isCapable: (status & 1) !== 0, isAggregated: (status & 2) !== 0, portId };
}
