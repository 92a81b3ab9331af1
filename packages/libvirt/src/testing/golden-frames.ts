/** Packets of a real libvirtd 9.0.0 with QEMU 7.2, recorded on its unix socket: one test domain, defined, started and undone. */
import { readFileSync } from "node:fs";

export interface GoldenFrame {
  readonly kind: "call" | "reply" | "event";
  /** The procedure's name; of an event the procedure's number. */
  readonly name: string;
  readonly bytes: Buffer;
}

export const goldenFrames: readonly GoldenFrame[] = (
  JSON.parse(readFileSync(new URL("../rpc/__golden__/libvirt-9.0-frames.json", import.meta.url), "utf8")) as {
    readonly kind: GoldenFrame["kind"];
    readonly name: string;
    readonly hex: string;
  }[]
).map(({ kind, name, hex }) => ({ kind, name, bytes: Buffer.from(hex, "hex") }));

export function goldenFrame(kind: GoldenFrame["kind"], name: string): Buffer {
  const found = goldenFrames.find((frame) => frame.kind === kind && frame.name === name);
  if (found === undefined) throw new Error(`No ${kind} ${name} was recorded`);
  return found.bytes;
}
