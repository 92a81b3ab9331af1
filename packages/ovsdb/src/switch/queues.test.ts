import { describe, expect, it } from "vitest";
import type { PortRow, QosRow } from "../rows/tables.ts";
import { guardQos, queueDeletes, queueInserts } from "./queues.ts";

const port = (name: string, qos?: string): PortRow => ({
  uuid: `uuid-${name}`,
  name,
  interfaces: [],
  trunks: [],
  externalIds: {},
  ...(qos === undefined ? {} : { qos }),
});
const qos = (uuid: string, ...queues: readonly string[]): QosRow => ({
  uuid,
  type: "linux-htb",
  queues: new Map(queues.map((queue, number) => [number, queue])),
  otherConfig: {},
  externalIds: {},
});
const deletedBy = (operations: ReturnType<typeof queueDeletes>): readonly unknown[] =>
  operations.flatMap((operation) => (operation.op === "delete" ? [[operation.table, operation.where[0]?.[2]]] : []));

describe("queues", () => {
  it("are deleted with their QoS, because nobody else would", () => {
    const own = port("up0", "q");
    const operations = queueDeletes(own, [own, port("vm0")], [qos("q", "a", "b"), qos("other", "c")]);
    expect(operations[0]).toMatchObject({ op: "update", table: "Port", row: { qos: ["set", []] } });
    expect(deletedBy(operations)).toEqual([
      ["QoS", ["uuid", "q"]],
      ["Queue", ["uuid", "a"]],
      ["Queue", ["uuid", "b"]],
    ]);
  });

  it("stay when another port or another QoS uses them", () => {
    const own = port("up0", "q");
    expect(deletedBy(queueDeletes(own, [own, port("up1", "q")], [qos("q", "a")]))).toEqual([]);
    expect(deletedBy(queueDeletes(own, [own], [qos("q", "a", "b"), qos("other", "b")]))).toEqual([
      ["QoS", ["uuid", "q"]],
      ["Queue", ["uuid", "a"]],
    ]);
    expect(queueDeletes(port("up0"), [], [])).toEqual([]);
  });

  it("are written in bits per second as decimal text", () => {
    const operations = queueInserts(port("up0"), {
      type: "linux-htb",
      maxRateBps: 1e9,
      queues: [{ number: 1, minRateBps: 1.5e6, dscp: 10 }],
    });
    expect(operations).toMatchObject([
      {
        op: "insert",
        table: "Queue",
        "uuid-name": "queue1",
        row: { other_config: ["map", [["min-rate", "1500000"]]], dscp: 10 },
      },
      {
        op: "insert",
        table: "QoS",
        row: { queues: ["map", [[1, ["named-uuid", "queue1"]]]], other_config: ["map", [["max-rate", "1000000000"]]] },
      },
      { op: "update", table: "Port", row: { qos: ["named-uuid", "qos"] } },
    ]);
    expect(guardQos(port("up0", "q"))).toMatchObject({
      op: "wait",
      timeout: 0,
      rows: [{ qos: ["set", [["uuid", "q"]]] }],
    });
  });

  it.each([[-1], [1.5], [4_294_967_296]])("refuse number %d", (number) => {
    expect(() => queueInserts(port("up0"), { type: "linux-htb", queues: [{ number }] })).toThrow(
      expect.objectContaining({ code: "ovsdb.refused" }),
    );
  });

  it("refuse a number given twice", () => {
    const queues = [{ number: 1 }, { number: 1 }];
    expect(() => queueInserts(port("up0"), { type: "linux-hfsc", queues })).toThrow(/twice/u);
  });
});
