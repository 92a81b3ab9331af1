/** Opens the byte stream to a switch, within a deadline and until the caller gives up. */
import net from "node:net";
import { OpenFlowError, reasonOf } from "../errors.ts";
import { parseAddress } from "./address.ts";

export interface DialOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export async function dial(address: string, options: DialOptions): Promise<net.Socket> {
  const parsed = parseAddress(address);
  const { signal, timeoutMs } = options;
  const details = { address };
  const aborted = (): OpenFlowError =>
    new OpenFlowError("openflow.aborted", `The connection to ${address} was given up by the caller.`, { details });
  if (signal?.aborted === true) throw aborted();
  const socket = net.connect(
    parsed.kind === "unix" ? { path: parsed.path } : { host: parsed.host, port: parsed.port, noDelay: true },
  );
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      socket.off("connect", onConnect);
    };
    const giveUp = (error: OpenFlowError): void => {
      settle();
      // A late error of a socket nobody listens to would end the process.
      socket.on("error", () => {});
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => giveUp(aborted());
    const onError = (error: Error): void =>
      giveUp(
        new OpenFlowError("openflow.transport", `No connection to ${address}: ${reasonOf(error)}.`, {
          details,
          cause: error,
        }),
      );
    const onConnect = (): void => {
      settle();
      resolve(socket);
    };
    const timer = setTimeout(() => {
      giveUp(new OpenFlowError("openflow.timeout", `No connection to ${address} within ${timeoutMs} ms.`, { details }));
    }, timeoutMs);
    socket.once("error", onError);
    socket.once("connect", onConnect);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
