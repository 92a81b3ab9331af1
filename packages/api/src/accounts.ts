/** Who may do what: logins of people, tokens of programs. A secret is shown once, and kept as a hash. */
import { z } from "zod";
import { roles } from "@trunkline/model";
import { limits } from "./limits.ts";
import { timestamp } from "./names.ts";

const role = z.enum(roles);

/** A name that stands in the audit log beside every deed. */
const accountName = z
  .string()
  .min(1)
  .max(limits.hostNameChars)
  .regex(/^[\w.@-]+$/, "letters, digits, dot, dash, underscore and @");
const password = z.string().max(limits.passwordCharsMax);

export const accountParams = z.strictObject({ name: accountName });

export const loginBody = z.strictObject({ name: accountName, password: password.min(1) });

export const callerSchema = z
  .object({
    actor: z.string(),
    role,
    kind: z.enum(["token", "login"]),
    expiresAt: timestamp.nullable(),
  })
  .meta({ id: "Caller" });

export const newUserBody = z.strictObject({
  name: accountName,
  role,
  password: password.min(limits.passwordCharsMin),
});

export const userSchema = z.object({ name: z.string(), role, createdAt: timestamp });
export const userListSchema = z.object({ items: z.array(userSchema) });

export const newTokenBody = z.strictObject({
  name: accountName,
  role,
  expiresInDays: z.int().min(1).max(limits.tokenDaysMax).exactOptional().describe("Without it, it does not expire."),
});

const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role,
  createdAt: timestamp,
  expiresAt: timestamp.nullable(),
});
export const tokenListSchema = z.object({ items: z.array(tokenSchema) });
export const newTokenSchema = z.object({
  token: tokenSchema,
  secret: z.string().describe("Shown this once; only its hash is kept."),
});
