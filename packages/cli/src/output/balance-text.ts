/** A balance plan, for people: the score, the moves with what each gains, and why no more. */
import type { BalancePlan, HostPressure } from "@trunkline/model";
import { table } from "./table.ts";
import { ms } from "./text.ts";

export function balanceText({ score, terms, hosts, moves, held, threshold, movesByThreshold }: BalancePlan): string {
  const lost = terms.map(({ name, before, after }) => `${name} -${points(before)} -> -${points(after)}`).join(", ");
  const others = movesByThreshold.map((count, at) => `${at + 1}: ${count}`).join(", ");
  return [
    `score ${points(score.before)} of 100, ${points(score.after)} after ${moves.length} move(s); no placement exceeds ${points(score.bound)}`,
    `  lost: ${lost}`,
    "",
    table(hosts, hostColumns),
    "",
    ...moves.flatMap(({ name, source, target, gain, level, predicted, reason }) => [
      `  ${name} from ${source} to ${target}: gains ${points(gain)} (level ${level}), takes ${ms(predicted.totalMs)}`,
      `      ${reason}`,
    ]),
    ...held.map(({ host, why }) => `  held     ${host}: ${why}`),
    `  threshold ${threshold}; moves at each one: ${others}`,
  ].join("\n");
}

const hostColumns = [
  { title: "HOST", value: ({ host }: HostPressure) => host },
  { title: "CPU", value: ({ before }: HostPressure) => percent(before.cpuRatio), isNumber: true },
  { title: "AFTER", value: ({ after }: HostPressure) => percent(after.cpuRatio), isNumber: true },
  { title: "MEMORY", value: ({ before }: HostPressure) => percent(before.memoryRatio), isNumber: true },
  { title: "AFTER", value: ({ after }: HostPressure) => percent(after.memoryRatio), isNumber: true },
  { title: "SCORE", value: ({ before }: HostPressure) => points(before.score), isNumber: true },
  { title: "AFTER", value: ({ after }: HostPressure) => points(after.score), isNumber: true },
  { title: "", value: ({ closed }: HostPressure) => closed ?? "" },
] as const;

const points = (value: number): string => value.toFixed(1);
const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
