/** From a URI to a stream of bytes on which libvirt waits for the first call. */
import type { Duplex } from "node:stream";
import { openSocket } from "./socket.ts";
import { dialSsh } from "./ssh.ts";
import type { SshOptions } from "./ssh.ts";
import { dialTls } from "./tls.ts";
import type { TlsOptions } from "./tls.ts";
import { dialUnix } from "./unix.ts";
import type { LibvirtUri } from "./uri.ts";

export interface DialOptions {
  readonly readOnly?: boolean;
  readonly tls?: TlsOptions;
  readonly ssh?: SshOptions;
}

const TCP_PORT = 16509;

export async function dial(uri: LibvirtUri, options: DialOptions, signal: AbortSignal): Promise<Duplex> {
  const isReadOnly = options.readOnly ?? false;
  switch (uri.transport) {
    case "unix":
      return dialUnix(uri, isReadOnly, signal);
    case "tcp": {
      const port = uri.port ?? TCP_PORT;
      return openSocket({ host: uri.host, port }, `${uri.host}:${port}`, signal);
    }
    case "tls":
      return dialTls(uri, options.tls ?? {}, signal);
    case "ssh":
      return dialSsh(uri, options.ssh ?? {}, isReadOnly);
    default:
      return uri.transport satisfies never;
  }
}
