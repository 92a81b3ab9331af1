/** The types of an operation's input and answers, inferred from its schemas: what the server's handlers are held to. */
import type { z } from "zod";
import type { Settled } from "../shaped.ts";
import type { OperationId, Operations } from "./table.ts";

export type InputPart = "params" | "query" | "body";

export type SchemaOf<Id extends OperationId, Key extends InputPart> = Operations[Id] extends {
  readonly [K in Key]: infer S extends z.ZodType;
}
  ? S
  : never;

/** As the handler gets it: checked, with its defaults. */
export type ReadInputOf<Id extends OperationId, Key extends InputPart> = Settled<z.output<SchemaOf<Id, Key>>>;

/** One of the operation's answers, as the handler gives it. */
export type ReplyOf<Id extends OperationId> = {
  [S in keyof Operations[Id]["answers"]]: {
    readonly status: S;
    readonly body: Operations[Id]["answers"][S] extends z.ZodType
      ? Settled<z.input<Operations[Id]["answers"][S]>>
      : never;
  };
}[keyof Operations[Id]["answers"]];
