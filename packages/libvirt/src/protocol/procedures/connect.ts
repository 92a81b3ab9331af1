/** Session, and what a host says of itself (src/remote/remote_protocol.x, remote_procedure). */
import {
  characters,
  int,
  list,
  noArguments,
  nothing,
  opaque,
  optional,
  string,
  struct,
  uhyper,
  uint,
} from "../../xdr/codec.ts";
import { dom } from "../objects.ts";
import { qemu, remote } from "../procedure.ts";
import { typedParams } from "../typed-params.ts";

const flagsOnly = struct({ flags: uint });
const figures = struct({ params: list(struct({ field: string, value: uhyper })), count: int });
const cpuOf = {
  emulator: optional(string),
  arch: optional(string),
  machine: optional(string),
  virtType: optional(string),
};

export const connectProcedures = {
  connectOpen: remote(1, struct({ name: optional(string), flags: uint }), nothing),
  connectClose: remote(2, noArguments, nothing),
  connectGetType: remote(3, noArguments, struct({ type: string })),
  /** Of the hypervisor: major * 1,000,000 + minor * 1,000 + release. */
  connectGetVersion: remote(4, noArguments, struct({ version: uhyper })),
  connectGetMaxVcpus: remote(5, struct({ type: optional(string) }), struct({ maxVcpus: int })),
  connectGetCapabilities: remote(7, noArguments, struct({ xml: string })),
  connectGetHostname: remote(59, noArguments, struct({ hostname: string })),
  connectSupportsFeature: remote(60, struct({ feature: int }), struct({ supported: int })),
  connectGetUri: remote(110, noArguments, struct({ uri: string })),
  /** Of the driver's own link to its hypervisor, which for QEMU always is; says nothing about this connection. */
  connectIsSecure: remote(149, noArguments, struct({ secure: int })),
  connectGetLibVersion: remote(157, noArguments, struct({ version: uhyper })),
  connectGetSysinfo: remote(203, flagsOnly, struct({ xml: string })),
  connectGetCpuModelNames: remote(
    312,
    struct({ arch: string, needResults: int, flags: uint }),
    struct({ models: list(string), ret: int }),
  ),
  connectGetDomainCapabilities: remote(
    342,
    struct({
      emulator: optional(string),
      arch: optional(string),
      machine: optional(string),
      virtType: optional(string),
      flags: uint,
    }),
    struct({ xml: string }),
  ),
  /** `result`: -1 error, 0 incompatible, 1 identical, 2 superset. */
  connectCompareCpu: remote(158, struct({ xml: string, flags: uint }), struct({ result: int })),
  connectCompareHypervisorCpu: remote(393, struct({ ...cpuOf, xml: string, flags: uint }), struct({ result: int })),
  connectBaselineCpu: remote(162, struct({ xmls: list(string), flags: uint }), struct({ xml: string })),
  connectBaselineHypervisorCpu: remote(
    394,
    struct({ ...cpuOf, xmls: list(string), flags: uint }),
    struct({ xml: string }),
  ),
  connectSetIdentity: remote(419, struct({ params: typedParams, flags: uint }), nothing),

  authList: remote(66, noArguments, struct({ types: list(int) })),
  authPolkit: remote(70, noArguments, struct({ complete: int })),

  connectDomainEventCallbackRegisterAny: remote(
    316,
    struct({ eventId: int, dom: optional(dom) }),
    struct({ callbackId: int }),
  ),
  connectDomainEventCallbackDeregisterAny: remote(317, struct({ callbackId: int }), nothing),
  connectRegisterCloseCallback: remote(360, noArguments, nothing),
  connectUnregisterCloseCallback: remote(361, noArguments, nothing),

  nodeGetInfo: remote(
    6,
    noArguments,
    struct({
      model: characters(32),
      memoryKiB: uhyper,
      cpus: int,
      mhz: int,
      nodes: int,
      sockets: int,
      cores: int,
      threads: int,
    }),
  ),
  nodeGetCellsFreeMemory: remote(101, struct({ startCell: int, maxCells: int }), struct({ cellsBytes: list(uhyper) })),
  nodeGetFreeMemory: remote(102, noArguments, struct({ freeBytes: uhyper })),
  /** Call with `count` 0 to learn how many figures there are. `cpu` -1 is the sum of all; figures are nanoseconds. */
  nodeGetCpuStats: remote(227, struct({ cpu: int, count: int, flags: uint }), figures),
  /** Call with `count` 0 to learn how many figures there are. `cell` -1 is the sum of all; figures are KiB. */
  nodeGetMemoryStats: remote(228, struct({ count: int, cell: int, flags: uint }), figures),
  /** `target`: 0 to memory, 1 to disk, 2 hybrid; at least 60 s. */
  nodeSuspendForDuration: remote(250, struct({ target: uint, durationSeconds: uhyper, flags: uint }), nothing),
  nodeGetCpuMap: remote(
    293,
    struct({ needMap: int, needOnline: int, flags: uint }),
    struct({ cpuMap: opaque, online: uint, ret: int }),
  ),
  nodeGetFreePages: remote(
    340,
    struct({ pageSizesKiB: list(uint), startCell: int, cellCount: uint, flags: uint }),
    struct({ counts: list(uhyper) }),
  ),
  nodeGetMemoryParameters: remote(
    289,
    struct({ count: int, flags: uint }),
    struct({ params: typedParams, count: int }),
  ),

  /** A QMP command as JSON text, its answer likewise (src/remote/qemu_protocol.x). Taints the domain. `flags` 1: HMP. */
  qemuDomainMonitorCommand: qemu(1, struct({ dom, command: string, flags: uint }), struct({ result: string })),
};
