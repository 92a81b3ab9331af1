/** Work that never ends, ended: the only way to get out of a loop of our own thread. */
import { createContext, runInContext } from "node:vm";

const timeout = "ERR_SCRIPT_EXECUTION_TIMEOUT";

/** @returns false when `work` was stopped after so many milliseconds. What it throws is thrown. */
export function isDoneWithin(limitMs: number, work: () => void): boolean {
  try {
    runInContext("work()", createContext({ work }), { timeout: limitMs });
    return true;
  } catch (error) {
    // An error of another context is no instance of this one's class.
    if (typeof error === "object" && error !== null && Reflect.get(error, "code") === timeout) return false;
    throw error;
  }
}
