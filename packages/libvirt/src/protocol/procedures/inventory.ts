/** Networks, storage, host devices and host interfaces (src/remote/remote_protocol.x, remote_procedure). */
import { int, list, nothing, optional, string, struct, uhyper, uint } from "../../xdr/codec.ts";
import { network, networkInterface, nodeDevice, storagePool, storageVolume, uuid } from "../objects.ts";
import { remote } from "../procedure.ts";

const listing = struct({ needResults: int, flags: uint });
const xmlOnly = struct({ xml: string });
const xmlAndFlags = struct({ xml: string, flags: uint });
const pool = struct({ pool: storagePool });
const poolAndFlags = struct({ pool: storagePool, flags: uint });
const volume = struct({ volume: storageVolume });
const networkOnly = struct({ network });

export const inventoryProcedures = {
  connectListAllNetworks: remote(283, listing, struct({ networks: list(network), ret: uint })),
  networkLookupByName: remote(46, struct({ name: string }), networkOnly),
  networkLookupByUuid: remote(47, struct({ uuid }), networkOnly),
  networkGetXmlDesc: remote(43, struct({ network, flags: uint }), xmlOnly),
  networkGetBridgeName: remote(45, networkOnly, struct({ name: string })),
  networkIsActive: remote(152, networkOnly, struct({ active: int })),
  networkDefineXml: remote(41, xmlOnly, networkOnly),
  networkCreate: remote(39, networkOnly, nothing),
  networkDestroy: remote(42, networkOnly, nothing),
  networkUndefine: remote(49, networkOnly, nothing),

  connectListAllStoragePools: remote(281, listing, struct({ pools: list(storagePool), ret: uint })),
  storagePoolLookupByName: remote(84, struct({ name: string }), pool),
  storagePoolLookupByUuid: remote(85, struct({ uuid }), pool),
  storagePoolLookupByVolume: remote(86, volume, pool),
  storagePoolLookupByTargetPath: remote(391, struct({ path: string }), pool),
  storagePoolGetXmlDesc: remote(88, poolAndFlags, xmlOnly),
  storagePoolGetInfo: remote(
    87,
    pool,
    struct({ state: int, capacityBytes: uhyper, allocationBytes: uhyper, availableBytes: uhyper }),
  ),
  storagePoolIsActive: remote(154, pool, struct({ active: int })),
  storagePoolCreateXml: remote(76, xmlAndFlags, pool),
  storagePoolDefineXml: remote(77, xmlAndFlags, pool),
  storagePoolBuild: remote(79, poolAndFlags, nothing),
  storagePoolCreate: remote(78, poolAndFlags, nothing),
  storagePoolDestroy: remote(80, pool, nothing),
  storagePoolUndefine: remote(82, pool, nothing),
  storagePoolRefresh: remote(83, poolAndFlags, nothing),
  storagePoolListAllVolumes: remote(
    282,
    struct({ pool: storagePool, needResults: int, flags: uint }),
    struct({ volumes: list(storageVolume), ret: uint }),
  ),
  storageVolLookupByName: remote(95, struct({ pool: storagePool, name: string }), volume),
  storageVolLookupByKey: remote(96, struct({ key: string }), volume),
  storageVolLookupByPath: remote(97, struct({ path: string }), volume),
  storageVolGetInfo: remote(98, volume, struct({ type: int, capacityBytes: uhyper, allocationBytes: uhyper })),
  storageVolGetXmlDesc: remote(99, struct({ volume: storageVolume, flags: uint }), xmlOnly),
  storageVolGetPath: remote(100, volume, struct({ path: string })),
  storageVolCreateXml: remote(93, struct({ pool: storagePool, xml: string, flags: uint }), volume),
  storageVolDelete: remote(94, struct({ volume: storageVolume, flags: uint }), nothing),
  storageVolResize: remote(260, struct({ volume: storageVolume, capacityBytes: uhyper, flags: uint }), nothing),

  connectListAllNodeDevices: remote(285, listing, struct({ devices: list(nodeDevice), ret: uint })),
  nodeDeviceLookupByName: remote(113, struct({ name: string }), struct({ device: nodeDevice })),
  nodeDeviceGetXmlDesc: remote(114, struct({ name: string, flags: uint }), xmlOnly),
  nodeDeviceGetParent: remote(115, struct({ name: string }), struct({ parent: optional(string) })),

  connectListAllInterfaces: remote(284, listing, struct({ interfaces: list(networkInterface), ret: uint })),
  interfaceLookupByName: remote(128, struct({ name: string }), struct({ interface: networkInterface })),
  interfaceLookupByMacString: remote(129, struct({ mac: string }), struct({ interface: networkInterface })),
  interfaceGetXmlDesc: remote(130, struct({ interface: networkInterface, flags: uint }), xmlOnly),
  interfaceIsActive: remote(156, struct({ interface: networkInterface }), struct({ active: int })),
};
