/**
 * Ties a schema to a type of the model. The compiler holds one against the other in both directions, so a field that the
 * model gains and the API forgets does not compile; readers get the model's own type, with its branded ids.
 */
import type { z } from "zod";

export type Settled<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends object
    ? { readonly [K in keyof T]: Settled<T[K]> }
    : T;

type Matching<T, S extends z.ZodType> = [T] extends [Settled<z.output<S>>]
  ? [Settled<z.output<S>>] extends [T]
    ? S
    : never
  : never;

export function shaped<T>() {
  return <S extends z.ZodType>(schema: S & Matching<T, S>): z.ZodType<T, T> => schema as unknown as z.ZodType<T, T>;
}
