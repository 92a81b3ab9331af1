/** The OpenAPI document: everything in it comes from the table of operations. */
import { STATUS_CODES } from "node:http";
import type { FastifySchema } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { z } from "zod";
import { errorStatusesOf, problemSchema, problemType } from "@trunkline/api";
import type { Operation, OperationId } from "@trunkline/api";
import { cookieName } from "./auth/caller.ts";

export const documentOptions: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Trunkline",
      version: "1",
      description:
        "Live migration for libvirt clusters. docs/api.md is the introduction. Every error is a problem (RFC 9457) with a stable code and a hint.",
    },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        login: { type: "apiKey", in: "cookie", name: cookieName },
      },
    },
  },
  transform: jsonSchemaTransform,
  transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
};

/** Each named schema is made for requests and for answers; those that nothing refers to are left out. */
function withoutUnused<T extends object>(document: T): T {
  const whole: { components?: { schemas?: Record<string, unknown> } } = document;
  for (let isDone = false; !isDone;) {
    const text = JSON.stringify(whole);
    const schemas = Object.entries(whole.components?.schemas ?? {});
    const used = schemas.filter(([name]) => text.includes(`"#/components/schemas/${name}"`));
    isDone = used.length === schemas.length;
    if (whole.components !== undefined) whole.components.schemas = Object.fromEntries(used);
  }
  return document;
}

const keyHeader = z.looseObject({
  "idempotency-key": z
    .string()
    .optional()
    .describe("Asked again under the same key within the time that answers are kept, the answer is the same."),
});

export function routeSchemaOf(id: OperationId, operation: Operation): FastifySchema {
  const { params, query, body, summary, role, acts, answers, format } = operation;
  const responses: Record<string, unknown> = {};
  for (const [status, schema] of Object.entries(answers)) responses[status] = answerOf(schema, format);
  for (const [status, codes] of errorStatusesOf(operation))
    responses[status] = {
      description: `${STATUS_CODES[status] ?? ""}: ${codes.join(", ")}`,
      content: { [problemType]: { schema: problemSchema } },
    };
  return {
    operationId: id,
    summary,
    tags: [id.split(".")[0] ?? id],
    ...(role === "none"
      ? { security: [] }
      : { description: `Needs the role ${role}.`, security: [{ token: [] }, { login: [] }] }),
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { querystring: query }),
    ...(body === undefined ? {} : { body }),
    ...(acts === "once-by-key" ? { headers: keyHeader } : {}),
    response: responses,
  };
}

function answerOf(schema: z.ZodType, format: Operation["format"]): unknown {
  if (format === undefined) return schema;
  const type = format === "text" ? "text/plain" : "text/event-stream";
  return { description: format === "text" ? "Text." : "A stream of events.", content: { [type]: { schema } } };
}
