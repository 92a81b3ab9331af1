/**
 * Reads a fabric document in three stages: syntax, shape, and what the entries owe each other. All problems of a stage
 * are told at once; a stage is only reached when those before it are in order, so that one slip is one error.
 */
import type { Fabric } from "../fabric.ts";
import { buildFabric } from "./build.ts";
import { checkAggregation } from "./check/aggregation.ts";
import { checkDevices } from "./check/devices.ts";
import { checkGateways } from "./check/gateways.ts";
import { checkLinks } from "./check/links.ts";
import { openScope } from "./check/scope.ts";
import { checkSegments } from "./check/segments.ts";
import { checkTraffic } from "./check/traffic.ts";
import { explain } from "./explain.ts";
import { openLedger, refusal } from "./problem.ts";
import { vlanResolver } from "./resolve-vlans.ts";
import { documentSchema } from "./schema.ts";
import { readSource } from "./source.ts";

/**
 * @param text YAML or JSON.
 * @param file what the document is called in errors.
 * @throws fabric.invalid with all problems of the first stage that finds one, in its message and in `details.problems`.
 */
export function parseFabricDocument(text: string, file: string): Fabric {
  const { data, placeOf } = readSource(text, file);
  const ledger = openLedger();
  if (data === null) {
    ledger.complain([], "the document is empty", "Describe at least one device; {} is a fabric of nothing.");
    throw refusal(file, "shape", ledger, placeOf);
  }
  const shaped = documentSchema.safeParse(data);
  if (!shaped.success) {
    for (const problem of explain(shaped.error.issues, data)) ledger.add(problem);
    throw refusal(file, "shape", ledger, placeOf);
  }
  const document = shaped.data;
  const resolver = vlanResolver(document);
  const scope = openScope(document, resolver, ledger.complain);
  checkSegments(scope);
  checkDevices(scope);
  checkAggregation(scope);
  checkLinks(scope);
  checkGateways(scope);
  checkTraffic(scope);
  if (ledger.total() > 0) throw refusal(file, "references", ledger, placeOf);
  return buildFabric(document, resolver);
}
