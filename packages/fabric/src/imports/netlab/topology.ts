/**
 * netlab's transformed topology (`netlab create -o yaml`, or -o json, or netlab.snapshot.yml) as far as it is read here.
 * Defaults, groups and plugins are already worked into it, so that nothing of netlab's own logic is repeated.
 */
export interface NetlabTopology {
  readonly modules: readonly string[];
  readonly vlans: ReadonlyMap<string, NetlabVlan>;
  readonly nodes: ReadonlyMap<string, NetlabNode>;
  readonly links: readonly NetlabLink[];
  /** What VRRP's groups are unless an interface says otherwise. */
  readonly vrrpGroup: number | undefined;
}

export interface NetlabVlan {
  readonly path: string;
  readonly vlan: number;
  readonly vni: number | undefined;
  readonly vrf: string | undefined;
  readonly mode: string | undefined;
  readonly subnets: readonly string[];
  readonly stpPriority: number | undefined;
}

export interface NetlabNode {
  readonly path: string;
  readonly name: string;
  readonly role: string | undefined;
  readonly device: string | undefined;
  readonly vlans: ReadonlyMap<string, NetlabVlan>;
  readonly interfaces: readonly NetlabInterface[];
  readonly mtu: number | undefined;
  readonly vtep: string | undefined;
  readonly vxlanVlans: readonly string[];
  readonly hasEvpn: boolean;
  readonly hasSymmetricVrf: boolean;
  readonly vrrpGroup: number | undefined;
  readonly stp: { readonly isEnabled: boolean; readonly protocol?: string; readonly priority?: number } | undefined;
  readonly routes: readonly { readonly prefix: string; readonly via: string }[];
}

/** Names of VLANs, as links and interfaces give them. */
export interface NetlabPortVlans {
  readonly access: string | undefined;
  readonly trunk: readonly string[] | undefined;
  readonly native: string | undefined;
}

export interface NetlabInterface {
  readonly path: string;
  readonly type: string | undefined;
  readonly ifindex: number | undefined;
  readonly ifname: string;
  readonly linkindex: number | undefined;
  readonly addresses: readonly string[];
  readonly mac: string | undefined;
  readonly mtu: number | undefined;
  readonly vlans: NetlabPortVlans;
  /** The VLAN whose switched interface this is. */
  readonly sviVlan: string | undefined;
  readonly lag: {
    readonly number?: number;
    readonly parent?: number;
    readonly peerGroup?: number;
    readonly isMlag: boolean;
  };
  readonly gateway: NetlabGateway | undefined;
}

export interface NetlabGateway {
  readonly path: string;
  readonly protocol: string | undefined;
  readonly addresses: readonly string[];
  readonly mac: string | undefined;
  readonly group: number | undefined;
  readonly priority: number | undefined;
  readonly preempts: boolean | undefined;
}

export interface NetlabLinkEnd {
  readonly path: string;
  readonly node: string;
  readonly ifindex: number | undefined;
  readonly ifname: string | undefined;
  readonly vlans: NetlabPortVlans;
  /** It has an address, or takes part in routing without one. */
  readonly isRouted: boolean;
}

export interface NetlabLink {
  readonly path: string;
  readonly index: number;
  readonly type: string | undefined;
  readonly bridge: string | undefined;
  readonly ends: readonly NetlabLinkEnd[];
  readonly subnets: readonly string[];
  readonly bandwidthKbps: number | undefined;
  readonly delayUs: number | undefined;
  readonly rateKbps: number | undefined;
  readonly lagParent: number | undefined;
  readonly peerGroup: number | undefined;
}
