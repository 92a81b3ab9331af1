/** How long a command waits for one answer of the controller. */
const askMs = { usual: 60_000, long: 300_000 } as const;

/** @param patience `long` for what asks every host about every VM. */
export const askSignal = (patience: keyof typeof askMs = "usual"): AbortSignal => AbortSignal.timeout(askMs[patience]);
