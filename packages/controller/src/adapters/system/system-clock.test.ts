import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { systemClock } from "./system-clock.ts";

it("a deadline that is part of another signal fires, whatever the garbage collector thinks of it", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const either = AbortSignal.any([new AbortController().signal, systemClock.deadline(50)]);
  const fired = new Promise<string>((resolve) => {
    either.addEventListener("abort", () => {
      resolve((either.reason as Error).name);
    });
  });
  for (let round = 0; round < 5; round += 1) collect();
  const keepsProcessAlive = setInterval(collect, 5);
  expect(await fired).toBe("TimeoutError");
  clearInterval(keepsProcessAlive);
});
