/** The schema for editors, as committed in docs/fabric.schema.json. What refers to another part is only checked by parsing. */
import { z } from "zod";
import { documentSchema } from "./schema.ts";

export function fabricJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(documentSchema, { io: "input" });
  return `${JSON.stringify({ $schema, title: "Fabric of Trunkline", ...rest }, null, 2)}\n`;
}
