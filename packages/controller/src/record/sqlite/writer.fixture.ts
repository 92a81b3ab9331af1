/** A process that appends as fast as it can and says what was acknowledged: killed at any moment, it must not have lied. */
import { initialState } from "@trunkline/migration";
import { systemClock } from "../../adapters/system/system-clock.ts";
import { openStore } from "./open-store.ts";
import { requestOf } from "./store.fixture.ts";

const [, , path = "", round = ""] = process.argv;
const store = await openStore({ path, clock: systemClock });
for (let index = 0; ; index += 1) {
  const id = `${round}-${index}`;
  await store.journal.addMove(requestOf(id), initialState("client"));
  await new Promise<void>((resolve) => {
    process.stdout.write(`${id}\n`, () => {
      resolve();
    });
  });
}
