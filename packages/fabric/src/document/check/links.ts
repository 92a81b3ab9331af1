/** Links: both ends exist, a port holds one plug, and what is said of a link fits what it joins. */
import type { DevicePart } from "../device-schema.ts";
import { didYouMean } from "../nearest.ts";
import { showPath } from "../problem.ts";
import type { DocumentPath } from "../problem.ts";
import type { LinkPart } from "../schema.ts";
import { refer } from "./scope.ts";
import type { Scope } from "./scope.ts";

export function checkLinks(scope: Scope): void {
  const ports = portNames(scope);
  const plugged = new Map<string, DocumentPath>();
  for (const [index, link] of (scope.document.links ?? []).entries()) {
    const path = ["links", index];
    for (const side of ["a", "b"] as const) {
      const place = [...path, side];
      if (checkEnd(scope, place, link[side], ports)) plug(scope, place, link[side], plugged);
    }
    checkKind(scope, path, link);
    for (const [at, gateway] of (link.filters?.gateways ?? []).entries())
      refer(scope, [...path, "filters", "gateways", at], gateway, scope.gateways, "gateway");
  }
  for (const [index, { device, port }] of (scope.document.endpoints ?? []).entries()) {
    const earlier = port === undefined ? undefined : plugged.get(`${device}/${port}`);
    if (earlier === undefined) continue;
    const message = `a link ends at the port ${port} of ${device}, so nothing else is plugged in there`;
    scope.complain(["endpoints", index, "port"], message, `The link stands at ${showPath(earlier)}.`);
  }
}

type PortNames = (device: DevicePart) => ReadonlySet<string>;

function portNames(scope: Scope): PortNames {
  const table = new Map(
    [...scope.devices.values()].map((device) => [device.name, new Set((device.ports ?? []).map(({ name }) => name))]),
  );
  return (device) => table.get(device.name) ?? new Set();
}

/** @returns whether there is such a port. */
function checkEnd(scope: Scope, path: DocumentPath, end: LinkPart["a"], ports: PortNames): boolean {
  const device = refer(scope, path, end.device, scope.devices, "device");
  if (device === undefined) return false;
  const known = ports(device);
  if (known.has(end.port)) return true;
  scope.complain(path, `there is no port "${end.port}" on ${end.device}`, () =>
    didYouMean(end.port, [...known], `ports of ${end.device}`),
  );
  return false;
}

function plug(scope: Scope, path: DocumentPath, end: LinkPart["a"], plugged: Map<string, DocumentPath>): void {
  const key = `${end.device}/${end.port}`;
  const earlier = plugged.get(key);
  if (earlier === undefined) plugged.set(key, path);
  else
    scope.complain(
      path,
      `the port ${key} is on two links`,
      `The other stands at ${showPath(earlier)}; where several devices share a wire, describe what joins them as a switch.`,
    );
}

function checkKind(scope: Scope, path: DocumentPath, link: LinkPart): void {
  const [a, b] = [scope.devices.get(link.a.device), scope.devices.get(link.b.device)];
  if (link.a.device === link.b.device) {
    const message = `the link joins ${link.a.device} with itself`;
    scope.complain(path, message, "Name another device at one end.");
  }
  const isInterconnect = link.kind === "dci" || link.dci !== undefined;
  if (link.dci !== undefined && link.kind !== undefined && link.kind !== "dci") {
    const message = `the link is a ${link.kind} and has dci`;
    scope.complain([...path, "kind"], message, "Leave kind out: dci says what it is.");
  }
  if (isInterconnect && a?.site !== undefined && a.site === b?.site)
    scope.complain(
      [...path, link.dci === undefined ? "kind" : "dci"],
      `a link of kind dci joins two sites, and both of its ends are in ${a.site}`,
      "Correct the site of one device, or the kind of the link.",
    );
  if (link.kind === "peer-link" && a !== undefined && b !== undefined && (a.mlag === undefined || a.mlag !== b.mlag))
    scope.complain(
      [...path, "kind"],
      `${a.name} and ${b.name} are joined by a peer-link and are not in one MLAG domain`,
      "Give both devices the same mlag.",
    );
}
