/** One row of the table: which program and number, what goes there and what comes back. */
import type { Codec } from "../xdr/codec.ts";
import { program } from "./programs.ts";

export interface Procedure<A, R> {
  readonly program: number;
  readonly number: number;
  readonly args: Codec<A>;
  readonly result: Codec<R>;
}

export function remote<A, R>(number: number, args: Codec<A>, result: Codec<R>): Procedure<A, R> {
  return { program: program.remote, number, args, result };
}

export function qemu<A, R>(number: number, args: Codec<A>, result: Codec<R>): Procedure<A, R> {
  return { program: program.qemu, number, args, result };
}
