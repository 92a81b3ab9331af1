/** `trunkline doctor`: what is there, what is missing, what it would cost and how to mend it. */
import type { Command } from "commander";
import { examine } from "../doctor/examine.ts";
import type { ExamineOptions } from "../doctor/examine.ts";
import { areas, healthy } from "../doctor/finding.ts";
import type { Finding } from "../doctor/finding.ts";
import { foldersOf } from "../doctor/tool.ts";
import { exitCode, printJson, printText } from "../output/print.ts";

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("what this machine, the state folder, the service and the hosts lack, and how to mend it")
    .option("--config <file>", "the service's configuration, which is checked as well")
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExamineOptions>();
      const findings = await examine(options, {
        nodeVersion: process.versions.node,
        toolFolders: foldersOf(process.env),
        isRoot: process.getuid?.() === 0,
        kvmDevice: "/dev/kvm",
      });
      const ok = healthy(findings);
      if (options.json === true) printJson({ ok, findings });
      else printText(findingsText(findings));
      process.exitCode = ok ? exitCode.success : exitCode.failed;
    });
}

function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const blocks = areas.flatMap((area) => {
    const lines = findings.filter((finding) => finding.area === area).flatMap((finding) => linesOf(finding, width));
    return lines.length === 0 ? [] : [[area, ...lines].join("\n")];
  });
  const lacking = findings.filter(({ state, isNeeded }) => state === "missing" && isNeeded).map(({ name }) => name);
  const verdict =
    lacking.length === 0 ? "nothing is missing that moves need" : `moves need what is missing: ${lacking.join(", ")}`;
  return [...blocks, verdict].join("\n\n");
}

function linesOf({ name, state, message, consequence, fix }: Finding, width: number): readonly string[] {
  const indent = " ".repeat(2 + longestState + 2 + width + 2);
  const [first = "", ...others] = message.split("\n");
  return [
    `  ${state.padEnd(longestState)}  ${name.padEnd(width)}  ${first}`,
    ...others.map((line) => `${indent}${line.trim()}`),
    ...(consequence === undefined ? [] : [`${indent}${consequence}`]),
    ...(fix === undefined ? [] : [`${indent}fix: ${fix}`]),
  ];
}

const longestState = "degraded".length;
