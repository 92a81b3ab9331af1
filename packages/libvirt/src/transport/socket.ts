/** Sockets of Node, opened with a signal: unix and TCP. */
import { connect } from "node:net";
import type { NetConnectOpts, Socket } from "node:net";
import { LibvirtError, reasonOf } from "../errors.ts";

/** libvirt answers small calls with small packets: waiting to fill a segment would cost 40 ms each (Nagle). */
export async function openSocket(target: NetConnectOpts, peer: string, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connect(target);
  socket.setNoDelay(true);
  await untilEvent(socket, "connect", signal, (error) => unreachable(peer, error));
  return socket;
}

/** Waits for one event of the socket. When it does not come, the socket is destroyed and the error thrown. */
export async function untilEvent(
  socket: Socket,
  event: string,
  signal: AbortSignal,
  explain: (error: unknown) => LibvirtError,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      socket.off(event, onEvent);
      socket.off("error", onFailure);
      socket.off("close", onClose);
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: unknown): void => {
      stop();
      // The error was told; another one of the same socket has nobody to go to.
      socket.on("error", () => {});
      socket.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const onEvent = (): void => {
      stop();
      resolve();
    };
    const onFailure = (error: unknown): void => fail(explain(error));
    const onClose = (): void => fail(explain(new Error("closed by the peer")));
    const onAbort = (): void => fail(signal.reason);
    socket.on(event, onEvent);
    socket.on("error", onFailure);
    socket.on("close", onClose);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

function unreachable(peer: string, error: unknown): LibvirtError {
  return new LibvirtError("libvirt.transport", `${peer} cannot be reached: ${reasonOf(error)}.`, { cause: error });
}
