/**
 * The protocol table: every procedure this client can call. Numbers and layouts are interface facts of libvirt, which
 * only ever appends to them, so one table fits every libvirt; a procedure that a host is too old for is answered with
 * `remoteErrorCode.noSupport`, `.operationUnsupported` or `.argumentUnsupported`.
 */
import type { Decoded } from "../xdr/codec.ts";
import type { Procedure } from "./procedure.ts";
import { connectProcedures } from "./procedures/connect.ts";
import { domainProcedures } from "./procedures/domain.ts";
import { inventoryProcedures } from "./procedures/inventory.ts";
import { migrationProcedures } from "./procedures/migration.ts";

export const procedures = {
  ...connectProcedures,
  ...domainProcedures,
  ...migrationProcedures,
  ...inventoryProcedures,
};

export type ProcedureName = keyof typeof procedures;
export type ProcedureArgs<P extends ProcedureName> = Decoded<(typeof procedures)[P]["args"]>;
export type ProcedureResult<P extends ProcedureName> = Decoded<(typeof procedures)[P]["result"]>;

export function procedureOf<P extends ProcedureName>(name: P): Procedure<ProcedureArgs<P>, ProcedureResult<P>> {
  return procedures[name] as Procedure<unknown, unknown> as Procedure<ProcedureArgs<P>, ProcedureResult<P>>;
}
