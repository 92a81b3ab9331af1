/** Flows between endpoints that are alike, on hosts that are alike: they take the same way but for their own hosts' links. */
import type { DeviceKind, Flow } from "../fabric.ts";
import { memoTable } from "../fabric-index.ts";
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { alikeEndpoint } from "./alike-endpoints.ts";
import { alikeHost } from "./alike-hosts.ts";
import type { AlikeHost } from "./alike-hosts.ts";

export interface AlikeFlow {
  /** Equal for flows that are alike. */
  readonly key: string | number;
  /** That of flows which go the other way: what goes there takes the way of what comes back here. */
  readonly mirrored?: string | number;
  readonly from: FlowPlace;
  readonly to: FlowPlace;
}

export interface FlowPlace {
  readonly device: string;
  readonly host: AlikeHost;
  /** Equal for endpoints that are alike and are on hosts that are alike. */
  readonly kind: number;
  /** Endpoints that stand for all of the kind: as soon as there are two, two. */
  readonly models: readonly string[];
}

/** @returns undefined for a flow that is to be looked at by itself. */
export function alikeFlow(index: FabricIndex, flow: Flow, placement?: Placement): AlikeFlow | undefined {
  const [fromDevice, toDevice] = [placement?.get(flow.from), placement?.get(flow.to)];
  const { placeOf, isBoxed } = index.remember(memories, "", () => memoryFor(index));
  // What a session began with stays its own when its ends are elsewhere.
  const isPlaced = fromDevice !== undefined || toDevice !== undefined;
  if (isPlaced && flow.state === "pinned" && (isBoxed || flow.via !== undefined)) return undefined;
  const [from, to] = [placeOf(flow.from, fromDevice), placeOf(flow.to, toDevice)];
  if (from === undefined || to === undefined || flow.from === flow.to) return undefined;
  const key = keyOf(flow, from, to);
  // Boxes on the way know who began, so that the two directions are not alike.
  const isPlain = !isBoxed && flow.via === undefined;
  return isPlain ? { key, mirrored: keyOf(flow, to, from), from, to } : { key, from, to };
}

interface Memory {
  /** @param device where it is, unless the document says. */
  readonly placeOf: (endpoint: string, device: string | undefined) => FlowPlace | undefined;
  /** Flows may meet boxes that keep sessions without naming them. */
  readonly isBoxed: boolean;
}

const memories = memoTable<Memory>("flows that are alike");

function memoryFor(index: FabricIndex): Memory {
  const places = new Map<string, { readonly text: string; readonly place: FlowPlace | undefined }>();
  const kinds = new Map<string, { readonly kind: number; readonly models: string[] }>();
  const placeAt = (text: string, device: string, model: string | undefined): FlowPlace | undefined => {
    const host = alikeHost(index, device);
    if (host === undefined) return undefined;
    const key = `${host.group} ${text}`;
    let known = kinds.get(key);
    if (known === undefined) kinds.set(key, (known = { kind: kinds.size, models: [] }));
    if (model !== undefined && known.models.length < 2) known.models.push(model);
    return { device, host, ...known };
  };
  return {
    placeOf: (name, device) => {
      let known = places.get(name);
      if (known === undefined) {
        const endpoint = index.endpoint(name);
        if (endpoint === undefined) return undefined;
        const text = alikeEndpoint(index, endpoint);
        places.set(name, (known = { text, place: placeAt(text, endpoint.device, name) }));
      }
      return device === undefined ? known.place : placeAt(known.text, device, undefined);
    },
    isBoxed: index.fabric.services.some(({ device }) => routesAsBox(index.device(device)?.kind)),
  };
}

const routesAsBox = (kind: DeviceKind | undefined): boolean => kind === "firewall" || kind === "load-balancer";

/** A number where that says it all: texts are dear when there are a hundred thousand of them. */
function keyOf({ via }: Flow, from: FlowPlace, to: FlowPlace): string | number {
  const isOneHost = from.device === to.device ? 1 : 0;
  const key = (from.kind * mostKinds + to.kind) * 2 + isOneHost;
  return via === undefined || via.length === 0 ? key : [key, ...via].join("\u0000");
}

/** A key of two kinds is a whole number that a double holds exactly. */
const mostKinds = 2 ** 25;
