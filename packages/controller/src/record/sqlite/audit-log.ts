/** Who did what. Rows are added and read, and there is no query here that changes or removes one. */
import type { AuditEntry, AuditLog } from "@trunkline/ports";
import { limits } from "../../limits.ts";
import type { Access } from "./access.ts";
import { sqlOf } from "./tables.ts";

export class SqliteAuditLog implements AuditLog {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async append({ requestId, ...entry }: AuditEntry): Promise<void> {
    const row = { ...entry, request_id: requestId };
    this.#access.write(() => this.#access.run(sqlOf.insertInto("audit").values(row)));
  }

  async page(
    before: number | undefined,
    limit: number,
  ): Promise<readonly (AuditEntry & { readonly sequence: number })[]> {
    const newest = sqlOf.selectFrom("audit").selectAll().orderBy("sequence", "desc");
    const from = before === undefined ? newest : newest.where("sequence", "<", before);
    const rows = this.#access.all(from.limit(Math.min(limit, limits.auditRows)));
    return rows.map(({ request_id: requestId, role, ...rest }) => ({
      ...rest,
      role: role as AuditEntry["role"],
      requestId,
    }));
  }
}
