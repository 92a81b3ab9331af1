/**
 * The sockets of a libvirt on this machine. A monolithic libvirtd (or virtproxyd in its place) listens on libvirt-sock,
 * the modular daemon of a driver on a socket of its own; both speak the same protocol (libvirt, docs/daemons.html).
 */
import type { Duplex } from "node:stream";
import { LibvirtError } from "../errors.ts";
import { openSocket } from "./socket.ts";
import type { LibvirtUri } from "./uri.ts";

export async function dialUnix(uri: LibvirtUri, isReadOnly: boolean, signal: AbortSignal): Promise<Duplex> {
  const paths = socketPaths(uri, isReadOnly, process.env);
  const failures: unknown[] = [];
  for (const path of paths) {
    try {
      return await openSocket({ path }, `The socket ${path}`, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      failures.push(error);
    }
  }
  // The reason that names the first socket is the useful one; that the second is missing too is the usual case.
  throw failures[0] ?? new LibvirtError("libvirt.transport", `${uri.text} names no socket.`);
}

/** The sockets to try, in this order. */
export function socketPaths(
  uri: LibvirtUri,
  isReadOnly: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  if (uri.socket !== undefined) return [uri.socket];
  const isSession = uri.path === "/session";
  const runtimeFolder = environment["XDG_RUNTIME_DIR"] ?? `${environment["HOME"] ?? ""}/.cache`;
  const folder = isSession ? `${runtimeFolder}/libvirt` : "/run/libvirt";
  const suffix = isReadOnly && !isSession ? "-ro" : "";
  const legacy = `${folder}/libvirt-sock${suffix}`;
  const direct = `${folder}/virt${uri.driver}d-sock${suffix}`;
  switch (uri.mode) {
    case "auto":
      return [legacy, direct];
    case "legacy":
      return [legacy];
    case "direct":
      return [direct];
    default:
      return uri.mode satisfies never;
  }
}
