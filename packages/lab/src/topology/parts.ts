/** The parts of a document that satisfied their own schema, and the names of all that it writes, also of the others. */
import type { Part } from "./complaint.ts";
import type { GatewaySpec, HostRoutesSpec, RouterSpec } from "./routing-schema.ts";
import type { ClientSpec, HostSpec, LinkSpec, SanSpec, SwitchSpec, VlanSpec, VmSpec } from "./schema.ts";

export type TopologyParts = {
  readonly sites: readonly Part<string>[];
  readonly vlans: ReadonlyMap<string, Part<VlanSpec>>;
  readonly hosts: readonly Part<HostSpec>[];
  readonly switches: readonly Part<SwitchSpec>[];
  readonly routers: readonly Part<RouterSpec>[];
  readonly san: Part<SanSpec> | undefined;
  readonly clients: readonly Part<ClientSpec>[];
  readonly links: readonly Part<LinkSpec>[];
  readonly gateways: readonly Part<GatewaySpec>[];
  readonly hostRoutes: readonly Part<HostRoutesSpec>[];
  readonly vms: readonly Part<VmSpec>[];
};

export type WrittenNames = {
  readonly sites: readonly string[];
  readonly vlans: readonly string[];
  readonly hosts: readonly string[];
  readonly gateways: readonly string[];
  readonly devices: readonly string[];
};
