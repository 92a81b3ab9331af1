/**
 * Connection URIs as libvirt writes them (docs/uri.html): `driver[+transport]://[user@][host][:port]/path[?parameters]`.
 * Parameters choose the way to the daemon and stay on this side; the daemon is handed the plain `driver:///path`.
 * A parameter that is not understood is refused: one that is silently ignored may be the one that asked for safety.
 */
import { LibvirtError } from "../errors.ts";

export type TransportName = "unix" | "tcp" | "tls" | "ssh";

export interface LibvirtUri {
  readonly text: string;
  readonly transport: TransportName;
  readonly driver: string;
  readonly user: string | undefined;
  /** Empty for unix; without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number | undefined;
  /** "/system", "/session". */
  readonly path: string;
  /** What the daemon is asked to open. */
  readonly name: string;
  /** Path of the daemon's socket, for unix and for ssh with netcat. */
  readonly socket: string | undefined;
  /** Which daemon: the monolithic libvirtd ("legacy"), the driver's own ("direct"), or whichever is there. */
  readonly mode: "auto" | "legacy" | "direct";
  readonly keyFile: string | undefined;
  readonly pkiPath: string | undefined;
  readonly isVerified: boolean;
  /** Program used in place of ssh. */
  readonly command: string | undefined;
  readonly netcat: string | undefined;
  /** How ssh reaches the socket over there. */
  readonly proxy: "auto" | "native" | "netcat";
}

const PARAMETERS = [
  "name",
  "socket",
  "mode",
  "keyfile",
  "pkipath",
  "no_verify",
  "command",
  "netcat",
  "proxy",
  "no_tty",
];
const SCHEME = /^([a-z][a-z0-9]*)(?:\+([a-z0-9]+))?:$/;

export function parseLibvirtUri(text: string): LibvirtUri {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const [, driver, transportText] = SCHEME.exec(url?.protocol ?? "") ?? [];
  if (url === undefined || driver === undefined) throw unusable(text, "it is not a URI");
  const host = decode(text, url.hostname).replace(/^\[(.*)\]$/, "$1");
  const transport = transportOf(text, transportText, host);
  if ((transport === "unix") !== (host === "")) {
    throw unusable(text, transport === "unix" ? "a unix socket has no host" : `${transport} needs a host`);
  }
  if (url.password !== "") throw unusable(text, "a password has no place in it");
  const parameters = url.searchParams;
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name)) throw unusable(text, `the parameter ${name} is not supported`);
  }
  const optionalText = (name: string): string | undefined => {
    const value = parameters.get(name);
    return value === null || value === "" ? undefined : value;
  };
  const path = url.pathname === "" ? "/" : url.pathname;
  return {
    text,
    transport,
    driver,
    user: url.username === "" ? undefined : decode(text, url.username),
    host,
    port: url.port === "" ? undefined : Number(url.port),
    path,
    name: optionalText("name") ?? `${driver}://${path}`,
    socket: optionalText("socket"),
    mode: choice(text, "mode", optionalText("mode"), ["auto", "legacy", "direct"]),
    keyFile: optionalText("keyfile"),
    pkiPath: optionalText("pkipath"),
    isVerified: !isSet(text, "no_verify", parameters),
    command: optionalText("command"),
    netcat: optionalText("netcat"),
    proxy: choice(text, "proxy", optionalText("proxy"), ["auto", "native", "netcat"]),
  };
}

function transportOf(text: string, word: string | undefined, host: string): TransportName {
  switch (word) {
    // libvirt's own rule: a host without a transport is reached by TLS.
    case undefined:
      return host === "" ? "unix" : "tls";
    case "unix":
    case "tcp":
    case "tls":
    case "ssh":
      return word;
    default:
      throw unusable(text, `the transport ${word} is not supported`);
  }
}

function choice<const T extends string>(
  text: string,
  name: string,
  value: string | undefined,
  allowed: readonly [T, ...T[]],
): T {
  if (value === undefined) return allowed[0];
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw unusable(text, `${name} must be one of ${allowed.join(", ")}`);
  return found;
}

function isSet(text: string, name: string, parameters: URLSearchParams): boolean {
  return choice(text, name, parameters.get(name) ?? undefined, ["0", "1"]) === "1";
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unusable(text, "a percent sign in it is followed by something else than two hexadecimal digits");
  }
}

function unusable(text: string, why: string): LibvirtError {
  return new LibvirtError("libvirt.uri", `The URI "${text}" cannot be used: ${why}.`);
}
