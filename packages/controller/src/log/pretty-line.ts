/** A line of the log for a person at a terminal: time, level, message, and the fields as `name=value`. */
export function prettyLine(json: string): string {
  const { level, time, msg, err, pid: _pid, ...fields } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const clock = typeof time === "string" ? time.slice("2026-01-01T".length, -1) : "";
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${textOf(value)}`);
  const head = [clock, String(level).toUpperCase().padEnd(longestLevel), textOf(msg ?? ""), ...pairs]
    .join(" ")
    .trimEnd();
  const stack = (err as { readonly stack?: unknown } | undefined)?.stack;
  return typeof stack === "string" ? `${head}\n  ${stack.replaceAll("\n", "\n  ")}` : head;
}

const longestLevel = "ERROR".length;

/** Control characters are shown and not obeyed: a host's message must not move the reader's cursor. */
function textOf(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.replaceAll(/\p{Cc}/gu, (letter) => JSON.stringify(letter).slice(1, -1));
}
