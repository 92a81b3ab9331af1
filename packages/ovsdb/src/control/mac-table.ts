/**
 * The table that `ovs-appctl fdb/show` prints (ofproto/ofproto-dpif.c, ofproto_unixctl_fdb_show):
 *
 *      port  VLAN  MAC                Age
 *     LOCAL     0  3e:5c:34:bb:87:30    1
 *         1    20  00:11:22:33:44:55  static
 */
import { OvsdbError } from "../errors.ts";
import { LOCAL_PORT_NUMBER, MAX_QUOTED_CHARACTERS } from "../limits.ts";

export interface MacTableEntry {
  readonly portNumber: number;
  /** Name of the port, where the reader knew the names. */
  readonly port?: string;
  /** 0 for frames without a VLAN. */
  readonly vlan: number;
  readonly mac: string;
  /** Seconds since the address was seen last; 0 for a static entry. */
  readonly ageS: number;
  /** Set by an operator; it does not age. */
  readonly isStatic: boolean;
}

const header = /^\s*port\s+VLAN\s+MAC\s+Age\s*$/u;
const line =
  /^\s*(?<port>LOCAL|\d{1,10})\s+(?<vlan>\d{1,4})\s+(?<mac>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})\s+(?<age>static|\d{1,10})\s*$/u;

export function parseMacTable(
  text: string,
  portNames: ReadonlyMap<number, string> = new Map(),
): readonly MacTableEntry[] {
  const [first = "", ...rest] = text.split("\n");
  if (!header.test(first)) throw unreadable(first);
  return rest.filter((row) => row.trim() !== "").map((row) => parseLine(row, portNames));
}

function parseLine(row: string, portNames: ReadonlyMap<number, string>): MacTableEntry {
  const groups = line.exec(row)?.groups;
  const { port, vlan, mac, age } = groups ?? {};
  if (port === undefined || vlan === undefined || mac === undefined || age === undefined) throw unreadable(row);
  const portNumber = port === "LOCAL" ? LOCAL_PORT_NUMBER : Number(port);
  const name = portNames.get(portNumber);
  const isStatic = age === "static";
  return {
    portNumber,
    ...(name === undefined ? {} : { port: name }),
    vlan: Number(vlan),
    mac,
    ageS: isStatic ? 0 : Number(age),
    isStatic,
  };
}

function unreadable(row: string): OvsdbError {
  return new OvsdbError(
    "ovsdb.protocol",
    `A line of the MAC table cannot be read: ${JSON.stringify(row.slice(0, MAX_QUOTED_CHARACTERS))}.`,
    {
      hint: "This release of Open vSwitch may print the table in another way; compare with ovs-appctl fdb/show.",
    },
  );
}
