/**
 * How the server ends: the event streams first, then the requests under way get a bounded time for their answers, then
 * every connection is closed. Node would wait for connections that never sent anything, until their headers are overdue.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { EventHub } from "./events/event-hub.ts";
import { httpLimits } from "./limits.ts";

export function closeGracefully(app: FastifyInstance, hub: EventHub): void {
  const underWay = new Set<FastifyRequest>();
  let onQuiet: (() => void) | undefined;
  app.addHook("onRequest", (request, _, done) => {
    if (request.routeOptions.config.operation !== "events.follow") underWay.add(request);
    done();
  });
  app.addHook("onResponse", (request, _, done) => {
    underWay.delete(request);
    if (underWay.size === 0) onQuiet?.();
    done();
  });
  app.addHook("preClose", async () => {
    hub.close();
    if (underWay.size > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, httpLimits.closeGraceMs);
        onQuiet = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    // The last answers are with the system by the next turn.
    await new Promise(setImmediate);
    app.server.closeAllConnections();
  });
}
