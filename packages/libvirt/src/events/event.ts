/**
 * Events as one discriminated union on `kind`, read from the messages of the peer. What a newer libvirt says and this
 * table does not know is no event; what this table knows and cannot read is a broken peer.
 */
import { eventTable, lifecycleEvents } from "../protocol/events.ts";
import type { EventKind, EventLayout, EventRow } from "../protocol/events.ts";
import type { Dom } from "../protocol/objects.ts";
import type { XdrReader } from "../xdr/reader.ts";

export type LifecycleEventName = (typeof lifecycleEvents)[number];

/** `detail` says why; its numbers are in `lifecycleDetail`, by event. */
export interface LifecycleEvent {
  readonly kind: "lifecycle";
  readonly dom: Dom;
  readonly event: LifecycleEventName;
  readonly detail: number;
}

type PlainKind = Exclude<EventKind, "lifecycle">;
type PlainEvent = { readonly [K in PlainKind]: { readonly kind: K } & EventLayout<K> }[PlainKind];

export type LibvirtEvent = LifecycleEvent | PlainEvent;

/** Reads the payload of a message that carries this procedure number; undefined: not an event of this table. */
export function readEvent(procedure: number, reader: XdrReader): LibvirtEvent | undefined {
  const kind = kindByProcedure.get(procedure);
  if (kind === undefined) return undefined;
  const row: EventRow<object> = eventTable[kind];
  // The number of the registration; every registration of this client is for all domains, so it says nothing new.
  if (row.eventId !== undefined) reader.int();
  if (kind === "lifecycle") return readLifecycle(reader);
  const event = { kind, ...row.layout.decode(reader) } as LibvirtEvent;
  reader.end();
  return event;
}

function readLifecycle(reader: XdrReader): LifecycleEvent | undefined {
  const { dom, event, detail } = eventTable.lifecycle.layout.decode(reader);
  reader.end();
  const name = lifecycleEvents[event];
  return name === undefined ? undefined : { kind: "lifecycle", dom, event: name, detail };
}

const kindByProcedure: ReadonlyMap<number, EventKind> = new Map(
  (Object.keys(eventTable) as EventKind[]).map((kind) => [eventTable[kind].procedure, kind]),
);
