/**
 * Nodes that forward packets: the settings of their namespaces and their routes. Addresses come with cables and ports.
 *
 * Settings are made before any interface exists, because a new one takes over what `default` says.
 */
import type { LabContext } from "../context.ts";
import { run } from "../process/run.ts";
import type { ClientPlan, RoutePlan, RouterPlan } from "../topology/lab-plan.ts";
import { inNamespace } from "./namespaces.ts";

/** Linux, Documentation/networking/ip-sysctl.rst. */
const FORWARDING = {
  ip_forward: 1,
  ...both({
    // Ways may be asymmetric: what comes in by another interface than the answer would leave by is no forgery here.
    rp_filter: 0,
    // No hint to hosts that a neighbour knows a shorter way: they would leave the gateway that they were given.
    send_redirects: 0,
    accept_redirects: 0,
    // An address is answered for on its own interface only, so a gateway's address always with its virtual MAC …
    arp_ignore: 1,
    // … and is never the sender of a request from another one, which would teach hosts that interface's MAC.
    arp_announce: 2,
    // A route over a cut cable gives way to the next best.
    ignore_routes_with_linkdown: 1,
  }),
};

function both(settings: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => [
      [`conf.all.${name}`, value],
      [`conf.default.${name}`, value],
    ]),
  );
}

export async function makeForwarding(router: RouterPlan, signal: AbortSignal | undefined): Promise<void> {
  const settings = Object.entries(FORWARDING).map(([name, value]) => `net.ipv4.${name}=${value}`);
  await run(inNamespace(router.node.namespace, ["sysctl", "-qw", ...settings]), { signal });
}

export async function ensureRoutes(context: LabContext, router: RouterPlan): Promise<void> {
  await replaceRoutes(router.node.namespace, router.routes, context.signal);
}

export async function ensureDefaultRoute(context: LabContext, client: ClientPlan): Promise<void> {
  if (client.gateway === undefined) return;
  const route = { prefix: "0.0.0.0/0", via: client.gateway.address };
  await replaceRoutes(client.node.namespace, [route], context.signal);
}

export async function replaceRoutes(
  namespace: string,
  routes: readonly RoutePlan[],
  signal: AbortSignal | undefined,
): Promise<void> {
  if (routes.length === 0) return;
  const lines = routes.map(
    ({ prefix, via, metric }) => `route replace ${prefix} via ${via}${metric === undefined ? "" : ` metric ${metric}`}`,
  );
  await run(["ip", "-n", namespace, "-batch", "-"], { input: `${lines.join("\n")}\n`, signal });
}
