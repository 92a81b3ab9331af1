/** The fabric. */
import type { HandlersOf, Rooms } from "../call.ts";

export function fabricHandlers({ plane }: Rooms): HandlersOf<"fabric"> {
  return {
    "fabric.show": async ({ signal }) => {
      const { fabric, silent, documentProblem } = await plane.fabric(signal);
      const devices = [...silent].map(([device, why]) => ({ device, why }));
      return { status: 200, body: { fabric, silent: devices, documentProblem: documentProblem ?? null } };
    },
    "fabric.observe": async ({ query, signal }) => {
      const { observations, silent, document } = await plane.observeFabric(query.listenMs, signal);
      const devices = [...silent].map(([device, why]) => ({ device, why }));
      return { status: 200, body: { observations, document: document ?? null, silent: devices } };
    },
    "fabric.change": async ({ body, signal }) => ({
      status: 200,
      body: { applied: await plane.changePorts(body.changes, signal) },
    }),
  };
}
