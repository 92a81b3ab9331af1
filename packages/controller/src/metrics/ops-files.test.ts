/** ops/: a panel or an alert on a metric that does not exist shows nothing and says nothing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { tableOf } from "../config/page-table.fixture.ts";
import { readExposition } from "./exposition.fixture.ts";
import { ServiceMetrics } from "./service-metrics.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

const root = join(import.meta.dirname, "../../../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const dashboard = JSON.parse(read("ops/grafana/trunkline.json")) as { readonly panels: readonly Panel[] };
const panelExpressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const rules = parse(read("ops/prometheus-rules.yaml")) as {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
};
const alertExpressions = rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr));

async function families(ofProcess: boolean): Promise<ReadonlyMap<string, string>> {
  const page = readExposition(await new ServiceMetrics({ version: "0.1.0", ofProcess }).text());
  return new Map(page.map(({ name, type }) => [name, type]));
}

/** Names in an expression, by the family that they are samples of. */
function namesIn(expression: string): readonly { readonly name: string; readonly family: string }[] {
  return [...expression.matchAll(/\b(?:trunkline|process|nodejs)_\w+/g)].map(([name]) => ({
    name,
    family: name.replace(/_(bucket|sum|count)$/, ""),
  }));
}

function problemsOf(expression: string, known: ReadonlyMap<string, string>): readonly string[] {
  return namesIn(expression).flatMap(({ name, family }) => {
    const type = known.get(name) ?? known.get(family);
    if (type === undefined) return [`${name} does not exist`];
    if ((type === "histogram") === known.has(name)) return [`${name} is not a sample of a ${type}`];
    const isCounted = type === "counter" || type === "histogram";
    const isRated = new RegExp(`\\b(rate|increase)\\(${name}\\b`).test(expression);
    return isCounted === isRated ? [] : [`${name} is a ${type}${isRated ? ", and has no rate" : " without a rate"}`];
  });
}

describe("the dashboard", () => {
  it("shows metrics that exist, each in the way of its kind", async () => {
    const known = await families(true);
    expect(panelExpressions.length).toBeGreaterThan(20);
    expect(panelExpressions.flatMap((expression) => problemsOf(expression, known))).toEqual([]);
  });

  it("shows every metric of ours", async () => {
    const shown = new Set(
      panelExpressions.flatMap((expression) => namesIn(expression).flatMap(({ name, family }) => [name, family])),
    );
    expect([...(await families(false)).keys()].filter((name) => !shown.has(name))).toEqual([]);
  });

  it("asks for quantiles by bucket, and closes every bracket", () => {
    const isBalanced = (text: string, open: string, close: string): boolean =>
      text.split(open).length === text.split(close).length;
    const problems = panelExpressions.flatMap((expression) => [
      ...(/histogram_quantile(?!.*sum by \(le.*_bucket\{)/.test(expression) ? [`no buckets: ${expression}`] : []),
      ...(["()", "{}", "[]"].every(([open = "", close = ""]) => isBalanced(expression, open, close))
        ? []
        : [`brackets: ${expression}`]),
      ...(expression.includes("trunkline_") ? [] : [`of any process: ${expression}`]),
    ]);
    expect(problems).toEqual([]);
  });

  it("has a title, a description and a place of its own for each panel", () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const shown = panels.filter(({ type }) => type !== "row");
    expect(shown.filter(({ title, description = "" }) => title === "" || description === "")).toEqual([]);
    const overlapping = panels.flatMap((a, index) =>
      panels.slice(index + 1).flatMap((b) => (overlap(a.gridPos, b.gridPos) ? [`${a.title} and ${b.title}`] : [])),
    );
    expect(overlapping).toEqual([]);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  it("would be told of a metric that is gone, and of one used the wrong way", async () => {
    const known = await families(false);
    expect(problemsOf("trunkline_gone_total", known)).toEqual(["trunkline_gone_total does not exist"]);
    expect(problemsOf("sum(trunkline_moves_total)", known)).toEqual([
      "trunkline_moves_total is a counter without a rate",
    ]);
    expect(problemsOf("rate(trunkline_hosts[5m])", known)).toEqual(["trunkline_hosts is a gauge, and has no rate"]);
    expect(problemsOf("trunkline_rpc_seconds", known)).toEqual([
      "trunkline_rpc_seconds is not a sample of a histogram",
    ]);
  });
});

describe("docs/operations.md", () => {
  it("has every metric, with its kind and its help", async () => {
    const page = readExposition(await new ServiceMetrics({ version: "0.1.0", ofProcess: false }).text());
    const rows = page.map(({ name, type, help }) => [`\`${name}\``, type, help]);
    const { found, wanted } = tableOf(join(root, "docs/operations.md"), ["metric", "kind", "meaning"], rows);
    expect(found).toBe(wanted);
  });
});

describe("the alerts", () => {
  it("ask for metrics that exist", async () => {
    const known = await families(false);
    expect(alertExpressions.length).toBeGreaterThan(4);
    expect(alertExpressions.flatMap((expression) => problemsOf(expression, known))).toEqual([]);
  });

  it("are what the example of a scrape loads, from where the metrics are", () => {
    const scrape = parse(read("ops/prometheus-scrape.yaml")) as {
      readonly scrape_configs: readonly { readonly metrics_path: string; readonly static_configs: readonly object[] }[];
    };
    expect(scrape.scrape_configs).toHaveLength(1);
    expect(scrape.scrape_configs[0]).toMatchObject({
      job_name: "trunkline",
      metrics_path: "/metrics",
      static_configs: [{ targets: ["127.0.0.1:8440"] }],
    });
  });
});

function overlap(a: Panel["gridPos"], b: Panel["gridPos"]): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
