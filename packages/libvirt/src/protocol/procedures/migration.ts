/**
 * Migration and its jobs (src/remote/remote_protocol.x, remote_procedure). The five phases are begin (source), prepare
 * (target), perform (source, lasts as long as the transfer), finish (target) and confirm (source).
 */
import { int, nothing, opaque, optional, string, struct, uhyper, uint } from "../../xdr/codec.ts";
import { dom } from "../objects.ts";
import { remote } from "../procedure.ts";
import { typedParams } from "../typed-params.ts";

const domOnly = struct({ dom });
const domAndFlags = struct({ dom, flags: uint });

export const migrationProcedures = {
  domainMigrateBegin3Params: remote(
    302,
    struct({ dom, params: typedParams, flags: uint }),
    struct({ cookie: opaque, xml: string }),
  ),
  domainMigratePrepare3Params: remote(
    303,
    struct({ params: typedParams, cookie: opaque, flags: uint }),
    struct({ cookie: opaque, uri: optional(string) }),
  ),
  /** `targetUri` null: driven by the caller; with the flag `peerToPeer` it is where the source finds the target's libvirt. */
  domainMigratePerform3Params: remote(
    305,
    struct({ dom, targetUri: optional(string), params: typedParams, cookie: opaque, flags: uint }),
    struct({ cookie: opaque }),
  ),
  /** `cancelled` 1 calls the migration off. */
  domainMigrateFinish3Params: remote(
    306,
    struct({ params: typedParams, cookie: opaque, flags: uint, cancelled: int }),
    struct({ dom, cookie: opaque }),
  ),
  domainMigrateConfirm3Params: remote(
    307,
    struct({ dom, params: typedParams, cookie: opaque, flags: uint, cancelled: int }),
    nothing,
  ),
  domainMigrateStartPostCopy: remote(364, domAndFlags, nothing),
  /** MiB per second; `flags` 1 sets the speed of post-copy. */
  domainMigrateSetMaxSpeed: remote(207, struct({ dom, bandwidthMiBps: uhyper, flags: uint }), nothing),
  domainMigrateGetMaxSpeed: remote(242, domAndFlags, struct({ bandwidthMiBps: uhyper })),
  domainMigrateSetMaxDowntime: remote(166, struct({ dom, downtimeMs: uhyper, flags: uint }), nothing),
  domainMigrateGetMaxDowntime: remote(387, domAndFlags, struct({ downtimeMs: uhyper })),
  domainMigrateGetCompressionCache: remote(299, domAndFlags, struct({ cacheBytes: uhyper })),
  domainMigrateSetCompressionCache: remote(300, struct({ dom, cacheBytes: uhyper, flags: uint }), nothing),

  /** `type` is one of `jobType`; the figures are typed parameters, absent when unknown. */
  domainGetJobStats: remote(298, domAndFlags, struct({ type: int, params: typedParams })),
  domainGetJobInfo: remote(
    163,
    domOnly,
    struct({
      type: int,
      timeElapsedMs: uhyper,
      timeRemainingMs: uhyper,
      dataTotalBytes: uhyper,
      dataProcessedBytes: uhyper,
      dataRemainingBytes: uhyper,
      memoryTotalBytes: uhyper,
      memoryProcessedBytes: uhyper,
      memoryRemainingBytes: uhyper,
      fileTotalBytes: uhyper,
      fileProcessedBytes: uhyper,
      fileRemainingBytes: uhyper,
    }),
  ),
  domainAbortJob: remote(164, domOnly, nothing),
  /** libvirt 8.5 and later; `flags` 1 pauses a post-copy migration. */
  domainAbortJobFlags: remote(442, domAndFlags, nothing),
  domainStartDirtyRateCalc: remote(427, struct({ dom, seconds: int, flags: uint }), nothing),
};
