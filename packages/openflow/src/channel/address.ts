/** Addresses as Open vSwitch writes them (ovs-ofctl(8), "Active OpenFlow Connection"): unix:/path, tcp:host:port. */
import { OpenFlowError } from "../errors.ts";

export type OpenFlowAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** The port IANA gave to OpenFlow; Open vSwitch takes it when none is written. */
const defaultPort = 6653;
const maxPort = 65_535;
/** host, or [IPv6], then perhaps a port. A bare IPv6 address would be ambiguous and is not taken. */
const hostAndPort = /^(?:\[(?<bracketed>[0-9A-Fa-f:.%\w]+)\]|(?<plain>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/u;

export function parseAddress(address: string): OpenFlowAddress {
  const colon = address.indexOf(":");
  const method = address.slice(0, Math.max(colon, 0));
  const rest = address.slice(colon + 1);
  if (method === "unix") {
    if (rest === "" || rest.includes("\0")) throw unusable(address, "it names no socket");
    return { kind: "unix", path: rest };
  }
  if (method !== "tcp") throw unusable(address, "it begins with neither unix: nor tcp:");
  const groups = hostAndPort.exec(rest)?.groups;
  const host = groups?.["bracketed"] ?? groups?.["plain"];
  const port = Number(groups?.["port"] ?? defaultPort);
  if (host === undefined) throw unusable(address, "its host cannot be read");
  if (port < 1 || port > maxPort) throw unusable(address, `port ${port} does not exist`);
  return { kind: "tcp", host, port };
}

function unusable(address: string, why: string): OpenFlowError {
  return new OpenFlowError("openflow.address", `The address ${JSON.stringify(address)} cannot be used: ${why}.`, {
    details: { address },
  });
}
