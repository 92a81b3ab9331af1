/** Domains: life, description, devices, figures (src/remote/remote_protocol.x, remote_procedure). */
import { hyper, int, list, nothing, opaque, optional, string, struct, uhyper, uint } from "../../xdr/codec.ts";
import { dom, snapshot, uuid } from "../objects.ts";
import { remote } from "../procedure.ts";
import { statsRecords } from "../stats-records.ts";
import { typedParams } from "../typed-params.ts";

const domOnly = struct({ dom });
const domAndFlags = struct({ dom, flags: uint });
const xmlAndFlags = struct({ xml: string, flags: uint });
const deviceAndFlags = struct({ dom, xml: string, flags: uint });
const paramsAndCount = struct({ params: typedParams, count: int });

export const domainProcedures = {
  connectListAllDomains: remote(
    273,
    struct({ needResults: int, flags: uint }),
    struct({ domains: list(dom), ret: uint }),
  ),
  /** `doms` empty: all of the host. */
  connectGetAllDomainStats: remote(
    344,
    struct({ doms: list(dom), stats: uint, flags: uint }),
    struct({ records: statsRecords }),
  ),
  domainLookupById: remote(22, struct({ id: int }), domOnly),
  domainLookupByName: remote(23, struct({ name: string }), domOnly),
  domainLookupByUuid: remote(24, struct({ uuid }), domOnly),

  domainCreate: remote(9, domOnly, nothing),
  domainCreateXml: remote(10, xmlAndFlags, domOnly),
  domainCreateWithFlags: remote(196, domAndFlags, domOnly),
  domainDefineXml: remote(11, struct({ xml: string }), domOnly),
  domainDefineXmlFlags: remote(350, xmlAndFlags, domOnly),
  domainUndefine: remote(35, domOnly, nothing),
  domainUndefineFlags: remote(231, domAndFlags, nothing),
  domainDestroy: remote(12, domOnly, nothing),
  domainDestroyFlags: remote(234, domAndFlags, nothing),
  domainShutdown: remote(33, domOnly, nothing),
  domainShutdownFlags: remote(258, domAndFlags, nothing),
  domainReboot: remote(27, domAndFlags, nothing),
  domainReset: remote(245, domAndFlags, nothing),
  domainSuspend: remote(34, domOnly, nothing),
  domainResume: remote(28, domOnly, nothing),
  domainPmSuspendForDuration: remote(261, struct({ dom, target: uint, durationSeconds: uhyper, flags: uint }), nothing),
  domainPmWakeup: remote(267, domAndFlags, nothing),
  domainRename: remote(358, struct({ dom, newName: optional(string), flags: uint }), struct({ ret: int })),
  domainManagedSave: remote(182, domAndFlags, nothing),
  domainHasManagedSaveImage: remote(183, domAndFlags, struct({ result: int })),
  domainManagedSaveRemove: remote(184, domAndFlags, nothing),

  domainGetXmlDesc: remote(14, domAndFlags, struct({ xml: string })),
  /** `state` is one of `domainState`; `reason` one of the reasons of that state. */
  domainGetState: remote(212, domAndFlags, struct({ state: int, reason: int })),
  /** `state`: 0 fine, 1 a job runs, 2 the monitor is busy, 3 broken. Answered without touching the monitor. */
  domainGetControlInfo: remote(229, domAndFlags, struct({ state: uint, details: uint, stateTimeMs: uhyper })),
  domainGetInfo: remote(
    16,
    domOnly,
    struct({ state: int, maxMemoryKiB: uhyper, memoryKiB: uhyper, vcpus: int, cpuTimeNs: uhyper }),
  ),
  domainGetOsType: remote(19, domOnly, struct({ type: string })),
  /** Of the guest's clock. */
  domainGetTime: remote(337, domAndFlags, struct({ seconds: hyper, nanoseconds: uint })),
  domainGetHostname: remote(277, domAndFlags, struct({ hostname: string })),
  domainIsActive: remote(150, domOnly, struct({ active: int })),
  domainIsPersistent: remote(151, domOnly, struct({ persistent: int })),
  domainIsUpdated: remote(202, domOnly, struct({ updated: int })),
  domainGetAutostart: remote(15, domOnly, struct({ autostart: int })),
  domainSetAutostart: remote(29, struct({ dom, autostart: int }), nothing),
  domainGetMessages: remote(426, domAndFlags, struct({ messages: list(string) })),
  /** `type`: 0 description, 1 title, 2 an element of `uri`'s namespace. */
  domainSetMetadata: remote(
    264,
    struct({
      dom,
      type: int,
      metadata: optional(string),
      key: optional(string),
      uri: optional(string),
      flags: uint,
    }),
    nothing,
  ),
  domainGetMetadata: remote(
    265,
    struct({ dom, type: int, uri: optional(string), flags: uint }),
    struct({ metadata: string }),
  ),

  domainGetMaxMemory: remote(17, domOnly, struct({ memoryKiB: uhyper })),
  domainSetMaxMemory: remote(30, struct({ dom, memoryKiB: uhyper }), nothing),
  domainSetMemoryFlags: remote(204, struct({ dom, memoryKiB: uhyper, flags: uint }), nothing),
  /** Without it the balloon of a running domain reports nothing. */
  domainSetMemoryStatsPeriod: remote(308, struct({ dom, periodSeconds: int, flags: uint }), nothing),
  domainMemoryStats: remote(
    159,
    struct({ dom, maxStats: uint, flags: uint }),
    struct({ stats: list(struct({ tag: int, value: uhyper })) }),
  ),
  domainGetMemoryParameters: remote(198, struct({ dom, count: int, flags: uint }), paramsAndCount),
  domainSetMemoryParameters: remote(197, struct({ dom, params: typedParams, flags: uint }), nothing),
  domainGetMaxVcpus: remote(18, domOnly, struct({ count: int })),
  domainGetVcpusFlags: remote(200, domAndFlags, struct({ count: int })),
  domainSetVcpusFlags: remote(199, struct({ dom, vcpus: uint, flags: uint }), nothing),
  domainGetVcpuPinInfo: remote(
    230,
    struct({ dom, maps: int, mapBytes: int, flags: uint }),
    struct({ cpuMaps: opaque, count: int }),
  ),
  domainPinVcpuFlags: remote(225, struct({ dom, vcpu: uint, cpuMap: opaque, flags: uint }), nothing),
  domainGetCpuStats: remote(262, struct({ dom, count: uint, startCpu: int, cpus: uint, flags: uint }), paramsAndCount),
  domainGetSchedulerParametersFlags: remote(
    223,
    struct({ dom, count: int, flags: uint }),
    struct({ params: typedParams }),
  ),
  domainSetSchedulerParametersFlags: remote(219, struct({ dom, params: typedParams, flags: uint }), nothing),
  domainGetNumaParameters: remote(255, struct({ dom, count: int, flags: uint }), paramsAndCount),

  domainAttachDeviceFlags: remote(160, deviceAndFlags, nothing),
  domainDetachDeviceFlags: remote(161, deviceAndFlags, nothing),
  domainUpdateDeviceFlags: remote(174, deviceAndFlags, nothing),
  domainDetachDeviceAlias: remote(392, struct({ dom, alias: string, flags: uint }), nothing),
  domainInterfaceStats: remote(
    65,
    struct({ dom, device: string }),
    struct({
      rxBytes: hyper,
      rxPackets: hyper,
      rxErrors: hyper,
      rxDropped: hyper,
      txBytes: hyper,
      txPackets: hyper,
      txErrors: hyper,
      txDropped: hyper,
    }),
  ),
  /** `source`: 0 DHCP leases, 1 guest agent, 2 ARP table. */
  domainInterfaceAddresses: remote(
    353,
    struct({ dom, source: uint, flags: uint }),
    struct({
      interfaces: list(
        struct({
          name: string,
          mac: optional(string),
          addresses: list(struct({ type: int, address: string, prefix: uint })),
        }),
      ),
    }),
  ),
  domainGetInterfaceParameters: remote(257, struct({ dom, device: string, count: int, flags: uint }), paramsAndCount),
  domainSetInterfaceParameters: remote(256, struct({ dom, device: string, params: typedParams, flags: uint }), nothing),
  domainGetBlockInfo: remote(
    194,
    struct({ dom, path: string, flags: uint }),
    struct({ allocationBytes: uhyper, capacityBytes: uhyper, physicalBytes: uhyper }),
  ),
  domainBlockStats: remote(
    64,
    struct({ dom, path: string }),
    struct({ readRequests: hyper, readBytes: hyper, writeRequests: hyper, writeBytes: hyper, errors: hyper }),
  ),
  domainGetDiskErrors: remote(
    263,
    struct({ dom, maxErrors: uint, flags: uint }),
    struct({ errors: list(struct({ disk: string, error: int })), count: int }),
  ),
  domainGetBlockJobInfo: remote(
    238,
    struct({ dom, path: string, flags: uint }),
    struct({ found: int, type: int, bandwidth: uhyper, current: uhyper, end: uhyper }),
  ),
  domainBlockJobAbort: remote(237, struct({ dom, path: string, flags: uint }), nothing),
  domainBlockJobSetSpeed: remote(239, struct({ dom, path: string, bandwidth: uhyper, flags: uint }), nothing),
  domainGetGuestInfo: remote(418, struct({ dom, types: uint, flags: uint }), struct({ params: typedParams })),
  domainListAllSnapshots: remote(
    274,
    struct({ dom, needResults: int, flags: uint }),
    struct({ snapshots: list(snapshot), ret: int }),
  ),
  domainListAllCheckpoints: remote(
    413,
    struct({ dom, needResults: int, flags: uint }),
    struct({ checkpoints: list(struct({ name: string, dom })), ret: int }),
  ),
};
