/** The same fabric, written down in another order: every list reversed, every link from its other end. Lists of VLANs are sorted already. */
import type { Device, Fabric, Link } from "../fabric.ts";

export function reversedFabric(fabric: Fabric): Fabric {
  return {
    sites: fabric.sites.toReversed(),
    segments: fabric.segments.map((segment) => ({ ...segment, subnets: segment.subnets.toReversed() })).toReversed(),
    devices: fabric.devices.map(reversedDevice).toReversed(),
    links: fabric.links.map(turnedLink).toReversed(),
    gateways: fabric.gateways.map((gateway) => ({ ...gateway, members: gateway.members.toReversed() })).toReversed(),
    hostRoutes: fabric.hostRoutes.map((policy) => ({ ...policy, ingress: policy.ingress.toReversed() })).toReversed(),
    services: fabric.services.toReversed(),
    endpoints: fabric.endpoints.toReversed(),
    flows: fabric.flows.toReversed(),
    clusters: fabric.clusters.map((cluster) => ({ ...cluster, hosts: cluster.hosts.toReversed() })).toReversed(),
  };
}

function reversedDevice(device: Device): Device {
  const { networks, interfaces } = device;
  return {
    ...device,
    ports: device.ports.toReversed(),
    ...(networks === undefined ? {} : { networks: networks.toReversed() }),
    ...(interfaces === undefined ? {} : { interfaces: interfaces.toReversed() }),
  };
}

function turnedLink({ a, b, capacityBps, capacityBackBps, latencyUs, latencyBackUs, ...link }: Link): Link {
  const [capacity, latency] = [capacityBackBps ?? capacityBps, latencyBackUs ?? latencyUs];
  return {
    ...link,
    a: b,
    b: a,
    ...(capacity === undefined ? {} : { capacityBps: capacity }),
    ...(capacityBps === undefined ? {} : { capacityBackBps: capacityBps }),
    ...(latency === undefined ? {} : { latencyUs: latency }),
    ...(latencyUs === undefined ? {} : { latencyBackUs: latencyUs }),
  };
}
