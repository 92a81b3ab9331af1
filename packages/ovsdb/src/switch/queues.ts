/**
 * Queues of a port (tables QoS and Queue of ovs-vswitchd.conf.db(5)). Both are root tables: rows stay when nobody refers to
 * them, so whoever unlinks them must delete them, unless another port shares them.
 */
import { OvsdbError } from "../errors.ts";
import { MAX_QUEUE_NUMBER } from "../limits.ts";
import { mapOf, namedUuidOf, setOf, uuidOf } from "../ovsdb/notation.ts";
import { deleteRows, insertRow, updateRows, waitForRows } from "../ovsdb/operations.ts";
import type { Operation } from "../ovsdb/operations.ts";
import type { PortRow, QosRow } from "../rows/tables.ts";

export interface QueueSettings {
  /** The number by which flows and tc classes name the queue; 0 is the default queue. */
  readonly number: number;
  readonly minRateBps?: number;
  readonly maxRateBps?: number;
  readonly burstBits?: number;
  /** Smaller is served first. */
  readonly priority?: number;
  readonly dscp?: number;
}

export interface PortQueues {
  readonly type: "linux-htb" | "linux-hfsc";
  /** Rate of the whole port in bits per second; without it, that of the device. */
  readonly maxRateBps?: number;
  readonly queues: readonly QueueSettings[];
  readonly externalIds?: Readonly<Record<string, string>>;
}

/** Fails the transaction unless the port's QoS is still the one that was read. */
export function guardQos(port: PortRow): Operation {
  return waitForRows("Port", [["_uuid", "==", uuidOf(port.uuid)]], [{ qos: qosColumn(port.qos) }], { timeoutMs: 0 });
}

export function queueInserts(port: PortRow, settings: PortQueues): readonly Operation[] {
  const externalIds = mapOf(settings.externalIds ?? {});
  const numbers = new Set<number>();
  for (const { number } of settings.queues) {
    if (!Number.isInteger(number) || number < 0 || number > MAX_QUEUE_NUMBER || numbers.has(number)) {
      throw new OvsdbError(
        "ovsdb.refused",
        `Queue number ${number} of port ${port.name} is out of range or given twice.`,
        {
          hint: "Give every queue a whole number of its own.",
          details: { port: port.name, queue: number },
        },
      );
    }
    numbers.add(number);
  }
  return [
    ...settings.queues.map((queue) =>
      insertRow(
        "Queue",
        {
          other_config: mapOf(queueConfig(queue)),
          external_ids: externalIds,
          ...(queue.dscp === undefined ? {} : { dscp: queue.dscp }),
        },
        queueName(queue.number),
      ),
    ),
    insertRow(
      "QoS",
      {
        type: settings.type,
        queues: mapOf(new Map(settings.queues.map((queue) => [queue.number, namedUuidOf(queueName(queue.number))]))),
        other_config: mapOf(rates({ "max-rate": settings.maxRateBps })),
        external_ids: externalIds,
      },
      "qos",
    ),
    updateRows("Port", [["_uuid", "==", uuidOf(port.uuid)]], { qos: namedUuidOf("qos") }),
  ];
}

/** Unlinks the port's QoS and deletes what nobody else refers to. `ports` and `qosRows` are all there are. */
export function queueDeletes(
  port: PortRow,
  ports: readonly PortRow[],
  qosRows: readonly QosRow[],
): readonly Operation[] {
  const own = qosRows.find((row) => row.uuid === port.qos);
  if (own === undefined) return [];
  const unlink = updateRows("Port", [["_uuid", "==", uuidOf(port.uuid)]], { qos: setOf([]) });
  const isShared = ports.some((other) => other.uuid !== port.uuid && other.qos === own.uuid);
  if (isShared) return [unlink];
  const usedElsewhere = new Set(qosRows.filter((row) => row !== own).flatMap((row) => [...row.queues.values()]));
  const orphans = new Set([...own.queues.values()].filter((uuid) => !usedElsewhere.has(uuid)));
  return [
    unlink,
    deleteRows("QoS", [["_uuid", "==", uuidOf(own.uuid)]]),
    ...[...orphans].map((uuid) => deleteRows("Queue", [["_uuid", "==", uuidOf(uuid)]])),
  ];
}

function qosColumn(qos: string | undefined): ReturnType<typeof setOf> {
  return setOf(qos === undefined ? [] : [uuidOf(qos)]);
}

function queueName(number: number): string {
  return `queue${number}`;
}

function queueConfig(queue: QueueSettings): Readonly<Record<string, string>> {
  return rates({
    "min-rate": queue.minRateBps,
    "max-rate": queue.maxRateBps,
    burst: queue.burstBits,
    priority: queue.priority,
  });
}

/** Open vSwitch keeps numbers of other_config as decimal strings. */
function rates(values: Readonly<Record<string, number | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(Math.round(value))] as const],
    ),
  );
}
