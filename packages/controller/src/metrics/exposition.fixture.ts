/** A strict reader of the text format of Prometheus, version 0.0.4: what it does not understand is an error. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function readExposition(text: string): readonly MetricFamily[] {
  const families: { name: string; help: string; type: string; samples: Sample[] }[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const current = families.at(-1);
    const help = /^# HELP (\S+) (.+)$/.exec(line);
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (help !== null) families.push({ name: help[1] ?? "", help: help[2] ?? "", type: "", samples: [] });
    else if (type !== null && current?.name === type[1] && current?.type === "") current.type = type[2] ?? "";
    else if (current === undefined) throw new Error(`nothing announced this line: ${line}`);
    else current.samples.push(sampleOf(line, current));
  }
  return families;
}

function sampleOf(line: string, family: { readonly name: string; readonly type: string }): Sample {
  const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  const [, name = "", labelText = "", value = ""] = match ?? [];
  const suffix = name.slice(family.name.length);
  const suffixes = family.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  if (match === null || !name.startsWith(family.name) || !suffixes.includes(suffix))
    throw new Error(`not a sample of the ${family.type} ${family.name}: ${line}`);
  const labels = Object.fromEntries(
    [...labelText.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", text = ""]) => [key, text]),
  );
  const number = value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value);
  // The format's numbers are those of Go's ParseFloat, which takes NaN in every spelling; prom-client writes "Nan".
  if (Number.isNaN(number) && value.toLowerCase() !== "nan") throw new Error(`not a number: ${line}`);
  return { name, labels, value: number };
}
