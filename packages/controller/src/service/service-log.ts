/** What a service says of itself, for the operator's log. The details are JSON-safe and never secret. */
export interface ServiceLog {
  info(text: string, details?: Readonly<Record<string, unknown>>): void;
  warn(text: string, details?: Readonly<Record<string, unknown>>): void;
}

export const silentLog: ServiceLog = { info: () => undefined, warn: () => undefined };
