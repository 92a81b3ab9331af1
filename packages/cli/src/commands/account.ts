/** `trunkline user …`, `trunkline token …`: who may use a running controller. */
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { TrunklineError, roles } from "@trunkline/model";
import type { Role } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { withClient } from "../access/open-client.ts";
import type { GlobalOptions } from "../context.ts";
import { note, printJson, printText } from "../output/print.ts";
import { table } from "../output/table.ts";

const acting = { acts: true, needsInventory: false, needsService: true } as const;

interface NewAccountOptions extends GlobalOptions {
  readonly role: string;
  readonly days?: string;
}

export function addAccountCommands(program: Command): void {
  const user = program.command("user").description("people who log in with a password");
  user
    .command("list")
    .description("all of them")
    .action(async (_: unknown, command: Command) => {
      await listUsers(command.optsWithGlobals<GlobalOptions>());
    });
  user
    .command("add")
    .argument("<name>", "letters, digits, dot, dash, underscore and @")
    .option("--role <role>", "viewer, operator or admin", "viewer")
    .description("the password is read from standard input, never from the command line")
    .action(async (name: string, _: unknown, command: Command) => {
      await addUser(name, command.optsWithGlobals<NewAccountOptions>());
    });
  user
    .command("remove")
    .argument("<name>", "of the user")
    .description("remove a user and end their logins")
    .action(async (name: string, _: unknown, command: Command) => {
      await remove("users.remove", name, command.optsWithGlobals<GlobalOptions>());
    });

  const token = program.command("token").description("secrets of programs");
  token
    .command("list")
    .description("all of them, without their secrets")
    .action(async (_: unknown, command: Command) => {
      await listTokens(command.optsWithGlobals<GlobalOptions>());
    });
  token
    .command("add")
    .argument("<name>", "for whom or what it is")
    .option("--role <role>", "viewer, operator or admin", "viewer")
    .option("--days <n>", "after which it expires (default: never)")
    .description("make a token; its secret is shown this once")
    .action(async (name: string, _: unknown, command: Command) => {
      await addToken(name, command.optsWithGlobals<NewAccountOptions>());
    });
  token
    .command("remove")
    .argument("<name>", "of the token")
    .description("revoke a token")
    .action(async (name: string, _: unknown, command: Command) => {
      await remove("tokens.remove", name, command.optsWithGlobals<GlobalOptions>());
    });
}

function roleOf(text: string): Role {
  const role = roles.find((candidate) => candidate === text);
  if (role === undefined) throw new TrunklineError("usage.invalid", `--role ${text} is none of ${roles.join(", ")}`);
  return role;
}

async function listUsers(options: GlobalOptions): Promise<void> {
  const { items } = await withClient(
    options,
    acting,
    async ({ client }) => await client.call("users.list", {}, { signal: askSignal() }),
  );
  if (options.json === true) printJson({ users: items });
  else
    printText(
      table(items, [
        { title: "USER", value: (row) => row.name },
        { title: "ROLE", value: (row) => row.role },
        { title: "SINCE", value: (row) => row.createdAt },
      ]),
    );
}

async function addUser(name: string, options: NewAccountOptions): Promise<void> {
  const role = roleOf(options.role);
  const password = await readPassword();
  const user = await withClient(
    options,
    acting,
    async ({ client }) => await client.call("users.add", { body: { name, role, password } }, { signal: askSignal() }),
  );
  if (options.json === true) printJson({ user });
  else printText(`${user.name} may log in as ${user.role}`);
}

/** One line of standard input: a password on a command line is everybody's on the machine. */
async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) note("password (it is shown as you type; or pipe it in):");
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return line;
  } finally {
    lines.close();
  }
  throw new TrunklineError("usage.invalid", "no password came on standard input", {
    hint: "For example: trunkline user add NAME --role operator < password-file",
  });
}

async function listTokens(options: GlobalOptions): Promise<void> {
  const { items } = await withClient(
    options,
    acting,
    async ({ client }) => await client.call("tokens.list", {}, { signal: askSignal() }),
  );
  if (options.json === true) printJson({ tokens: items });
  else
    printText(
      table(items, [
        { title: "TOKEN", value: (row) => row.name },
        { title: "ROLE", value: (row) => row.role },
        { title: "SINCE", value: (row) => row.createdAt },
        { title: "EXPIRES", value: (row) => row.expiresAt ?? "never" },
      ]),
    );
}

async function addToken(name: string, options: NewAccountOptions): Promise<void> {
  const { days } = options;
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days))
    throw new TrunklineError("usage.invalid", `--days ${days} is not a number of days`);
  const body = { name, role: roleOf(options.role), ...(days === undefined ? {} : { expiresInDays: Number(days) }) };
  const { token, secret } = await withClient(
    options,
    acting,
    async ({ client }) => await client.call("tokens.add", { body }, { signal: askSignal() }),
  );
  if (options.json === true) printJson({ token, secret });
  else {
    note(`token ${token.name}, role ${token.role}; shown this once:`);
    printText(secret);
  }
}

async function remove(
  operation: "users.remove" | "tokens.remove",
  name: string,
  options: GlobalOptions,
): Promise<void> {
  await withClient(options, acting, async ({ client }) => {
    await client.call(operation, { params: { name } }, { signal: askSignal(), idempotencyKey: randomUUID() });
  });
  if (options.json === true) printJson({ name, removed: true });
  else printText(`${name} is removed`);
}
