/**
 * A fabric document against what was observed. Only contradictions are told: what was not seen proves nothing, and what the
 * document leaves unknown cannot be contradicted (mergeFabrics with `fabricOf` fills it in).
 */
import type { Fabric } from "../fabric.ts";
import { sortedBy } from "../imports/import-result.ts";
import { endpointDifferences } from "./diff-endpoints.ts";
import { gatewayDifferences } from "./diff-gateways.ts";
import { linkDifferences } from "./diff-links.ts";
import { portDifferences } from "./diff-ports.ts";
import { differenceKinds } from "./difference.ts";
import type { Difference } from "./difference.ts";
import { latestBy, lookupOf } from "./lookup.ts";
import type { Lookup } from "./lookup.ts";
import type { Observation } from "./observation.ts";

/** @returns differences in the order of `differenceKinds`, then by subject; the same for any order of the observations. */
export function diffFabric(fabric: Fabric, observations: readonly Observation[]): readonly Difference[] {
  const lookup = lookupOf(fabric);
  const differences = [
    ...undocumentedDevices(lookup, observations),
    ...portDifferences(lookup, ofKind(observations, "port")),
    ...linkDifferences(lookup, ofKind(observations, "neighbor"), ofKind(observations, "vtp-domain")),
    ...gatewayDifferences(lookup, ofKind(observations, "gateway-hello")),
    ...endpointDifferences(
      lookup,
      [...ofKind(observations, "mac-entry"), ...ofKind(observations, "announcement")],
      ofKind(observations, "mapping"),
    ),
  ];
  const rank = ({ kind }: Difference): string => String(differenceKinds.indexOf(kind)).padStart(2, "0");
  const sorted = sortedBy(differences, (one) => [rank(one), ...one.subjects, one.message].join("\u0000"));
  // Two neighbours of one device may tell the same.
  return sorted.filter((one, index) => one.message !== sorted[index - 1]?.message);
}

function undocumentedDevices(lookup: Lookup, observations: readonly Observation[]): readonly Difference[] {
  const strangers = observations.filter(({ where }) => lookup.index.device(where.device) === undefined);
  return latestBy(strangers, ({ where }) => where.device).map(({ where: { device }, atMs }) => ({
    kind: "undocumented-device",
    subjects: [device],
    message: `${device} was asked or listened to, and the document does not have it.`,
    observed: device,
    certainty: "yes",
    seenAtMs: atMs,
  }));
}

export function ofKind<K extends Observation["kind"]>(
  observations: readonly Observation[],
  kind: K,
): readonly Extract<Observation, { readonly kind: K }>[] {
  return observations.filter((one): one is Extract<Observation, { readonly kind: K }> => one.kind === kind);
}
