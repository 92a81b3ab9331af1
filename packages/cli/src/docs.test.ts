/**
 * README.md and docs/*.md against the command tree: a page that names a command or an option that does not exist sends
 * its reader into an error, and one that docs/cli.md leaves out is found by nobody.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Command, Option } from "commander";
import { expect, it } from "vitest";
import { errorTable } from "@trunkline/model";
import { buildProgram } from "./program.ts";

const root = join(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];
const program = buildProgram();

it.each(pages)("%s names commands and options that exist", (page) => {
  expect(codeOf(read(page)).flatMap(problemsOf)).toEqual([]);
});

it("docs/cli.md names every command and every option", () => {
  const text = read("docs/cli.md");
  const missing = everyCommand(program).flatMap(({ path, command }) => [
    ...(command.commands.length > 0 || text.includes(path) ? [] : [path]),
    ...command.options.flatMap((option) => (text.includes(longOf(option)) ? [] : [`${path} ${longOf(option)}`])),
  ]);
  expect(missing).toEqual([]);
});

it.each(readdirSync(join(root, "packages")))("README.md and docs/architecture.md know the package %s", (name) => {
  expect(read("README.md")).toContain(`| \`${name}\` |`);
  expect(read("docs/architecture.md")).toMatch(new RegExp(`^ {6}${name}/ `, "m"));
});

it("docs/cli.md gives every error code its exit code", () => {
  const errors = read("docs/cli.md").split("## Errors")[1] ?? "";
  const named = [...errors.matchAll(/`([a-z]+\.[a-z-]+)`/g)].map((match) => match[1] ?? "");
  expect([...new Set(named)].toSorted()).toEqual(Object.keys(errorTable).toSorted());
});

it.each([
  ["trunkline migrate vm1", []],
  ["$ ./trunkline move show ID", []],
  ["trunkline lab up [TOPOLOGY]", []],
  ["sudo env X=y trunkline --lab a migrate vm1 --to h2 --rate=1G -v | tee log", []],
  ["git clone URL trunkline && cd trunkline && ./quickstart", []],
  ["cat /var/lib/trunkline/lab", []],
  ["journalctl -u trunkline -f", []],
  ['trunkline automation pause "a b"', []],
  ["trunkline migrate vm1 --too h2", ["trunkline migrate vm1 --too h2: there is no option --too"]],
  ["trunkline lab build", ["trunkline lab build: there is no command build"]],
  ["trunkline serve --simulated", []],
  ["trunkline drs plan", ["trunkline drs plan: there is no command drs"]],
  ["trunkline batch run vm1=h2 vm2=h1 vm3 --after vm3:vm1", []],
  ["trunkline host list h1", ["trunkline host list h1: too many arguments"]],
] as const)("%s", (line, problems) => {
  expect(problemsOf(line)).toEqual(problems);
});

/** Fenced and indented lines, and code spans that are commands. */
function codeOf(markdown: string): readonly string[] {
  const lines: string[] = [];
  let isFenced = false;
  let prose = "";
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) isFenced = !isFenced;
    else if (isFenced || line.startsWith("    ")) lines.push(line);
    else prose += `${line}\n`;
  }
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? "").replaceAll(/\s+/g, " "));
  return [...lines, ...spans.filter((span) => /^(\.\/)?trunkline /.test(span))];
}

/** One sentence for what is wrong with the first call of trunkline in a line, if anything. */
function problemsOf(line: string): readonly string[] {
  const [call = ""] = line
    .split(/\s[|&<>#]|[;#]|\s{3,}(?=\S)|, /)
    .filter((part) => /(?:^|\s)(?:\.\/)?trunkline\s/.test(part));
  // What stands in quotes is one word.
  const words = call
    .trim()
    .replaceAll(/"[^"]*"/g, (text) => text.replaceAll(/\s/g, "_"))
    .split(/\s+/);
  // After an option a bare word is its value: the user or the unit of that name.
  const start = words.findIndex(
    (word, at) => word === "./trunkline" || (word === "trunkline" && words[at - 1]?.startsWith("-") !== true),
  );
  if (start < 0) return [];
  const problem = problemOf(words.slice(start + 1).map((word) => word.replaceAll(/[[\]"]/g, "")));
  return problem === undefined ? [] : [`${words.join(" ")}: ${problem}`];
}

function problemOf(words: readonly string[]): string | undefined {
  let command = program;
  let positional = 0;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (word.startsWith("-")) {
      const [flag = ""] = word.split("=");
      const option = flag === "--help" ? undefined : optionOf(command, flag);
      if (option === undefined && flag !== "--help") return `there is no option ${flag}`;
      if (option?.required === true && !word.includes("=")) index += 1;
      continue;
    }
    const next = command.commands.find((child) => child.name() === word);
    if (next !== undefined) command = next;
    else if (command.commands.length > 0) return `there is no command ${word}`;
    else positional += 1;
  }
  const takesAny = command.registeredArguments.some((argument) => argument.variadic);
  return !takesAny && positional > command.registeredArguments.length ? "too many arguments" : undefined;
}

function optionOf(command: Command, flag: string): Option | undefined {
  return command.options.find((option) => option.long === flag || option.short === flag);
}

const longOf = (option: Option): string => option.long ?? option.flags;

function everyCommand(command: Command, path = "trunkline"): readonly { path: string; command: Command }[] {
  const children = command.commands.flatMap((child) => everyCommand(child, `${path} ${child.name()}`));
  return [{ path, command }, ...children];
}
