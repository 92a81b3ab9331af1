/** The tunnel of a frame hand-over: a VXLAN port (RFC 7348) on each bridge, labelled with its move. */
import { applyChange, deleteRows, insertRow, mapOf, mutateRows, namedUuidOf, setOf, uuidOf } from "@trunkline/ovsdb";
import type { SwitchBridge, SwitchPort, VirtualSwitchClient } from "@trunkline/ovsdb";
import { TrunklineError } from "@trunkline/model";
import type { MoveId } from "@trunkline/model";

/** Reserved by IEEE 802.1Q: a trunk of this VLAN alone takes part in no forwarding. */
const reservedVlan = 4095;
const tunnelLabel = "trunkline-move";

export const numbersOf = (port: SwitchPort): readonly number[] =>
  port.interfaces.flatMap(({ ofport }) => (ofport === undefined || ofport < 0 ? [] : [ofport]));

export async function bridgeOf(
  database: VirtualSwitchClient,
  name: string,
  signal: AbortSignal,
): Promise<SwitchBridge> {
  const { bridges } = await database.readTopology(signal);
  const bridge = bridges.find((candidate) => candidate.name === name);
  if (bridge === undefined) throw new TrunklineError("host.failed", `there is no bridge ${name} any more`);
  return bridge;
}

export function portNumber(bridge: SwitchBridge, name: string): number {
  const port = bridge.ports.find((candidate) => candidate.name === name);
  const [number] = port === undefined ? [] : numbersOf(port);
  if (number === undefined) {
    const why = port?.interfaces[0]?.error ?? "it has no number";
    throw new TrunklineError("host.failed", `the tunnel port of ${bridge.name} could not be made: ${why}`);
  }
  return number;
}

export async function addTunnel(
  database: VirtualSwitchClient,
  bridge: string,
  name: string,
  options: Readonly<Record<string, string>>,
  move: MoveId,
  signal: AbortSignal,
): Promise<void> {
  const labels = mapOf({ [tunnelLabel]: move });
  await applyChange(
    database.connection,
    [
      insertRow("Interface", { name, type: "vxlan", options: mapOf(options), external_ids: labels }, "tunnel"),
      insertRow(
        "Port",
        {
          name,
          interfaces: namedUuidOf("tunnel"),
          vlan_mode: "trunk",
          trunks: setOf([reservedVlan]),
          external_ids: labels,
        },
        "port",
      ),
      mutateRows("Bridge", [["name", "==", bridge]], [["ports", "insert", setOf([namedUuidOf("port")])]]),
    ],
    { signal },
  );
}

/** A port that no bridge names is collected by the database itself. */
export async function removeTunnel(database: VirtualSwitchClient, move: MoveId): Promise<void> {
  const { bridges } = await database.readTopology();
  for (const bridge of bridges) {
    const ours = bridge.ports.filter((port) => port.externalIds[tunnelLabel] === move);
    if (ours.length === 0) continue;
    const references = setOf(ours.map((port) => uuidOf(port.uuid)));
    await applyChange(database.connection, [
      mutateRows("Bridge", [["_uuid", "==", uuidOf(bridge.uuid)]], [["ports", "delete", references]]),
      deleteRows("Port", [["external_ids", "includes", mapOf({ [tunnelLabel]: move })]]),
    ]);
  }
}
