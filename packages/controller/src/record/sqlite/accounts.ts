/** Users and credentials, with hashes where secrets would be. */
import type { Selectable } from "kysely";
import type { Role } from "@trunkline/model";
import type { Accounts, CredentialRecord, UserRecord } from "@trunkline/ports";
import type { Access } from "./access.ts";
import { sqlOf } from "./tables.ts";
import type { Tables } from "./tables.ts";

export class SqliteAccounts implements Accounts {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async users(): Promise<readonly UserRecord[]> {
    const rows = this.#access.all(sqlOf.selectFrom("user").selectAll().orderBy("name"));
    return rows.map(({ name, role, password_hash: passwordHash, created_at: createdAt }) => ({
      name,
      role: role as Role,
      passwordHash,
      createdAt,
    }));
  }

  async putUser({ name, role, passwordHash, createdAt }: UserRecord): Promise<void> {
    const row = { name, role, password_hash: passwordHash, created_at: createdAt };
    this.#access.write(() => this.#access.run(sqlOf.replaceInto("user").values(row)));
  }

  async removeUser(name: string): Promise<void> {
    this.#access.write(() => this.#access.run(sqlOf.deleteFrom("user").where("name", "=", name)));
  }

  async credentials(): Promise<readonly CredentialRecord[]> {
    const query = sqlOf.selectFrom("credential").selectAll().orderBy("created_at").orderBy("id");
    return this.#access.all(query).map(toCredential);
  }

  async findCredential(secretHash: string): Promise<CredentialRecord | undefined> {
    const row = this.#access.first(sqlOf.selectFrom("credential").selectAll().where("secret_hash", "=", secretHash));
    return row === undefined ? undefined : toCredential(row);
  }

  /** Replaces the one of that id; a secret that another one has is refused, since it would take that one's place. */
  async putCredential(credential: CredentialRecord): Promise<void> {
    const { id, ...row } = rowOf(credential);
    this.#access.write(() =>
      this.#access.run(
        sqlOf
          .insertInto("credential")
          .values({ id, ...row })
          .onConflict((conflict) => conflict.column("id").doUpdateSet(row)),
      ),
    );
  }

  async removeCredential(id: string): Promise<void> {
    this.#access.write(() => this.#access.run(sqlOf.deleteFrom("credential").where("id", "=", id)));
  }
}

const rowOf = (credential: CredentialRecord): Selectable<Tables["credential"]> => ({
  id: credential.id,
  kind: credential.kind,
  actor: credential.actor,
  role: credential.role,
  secret_hash: credential.secretHash,
  created_at: credential.createdAt,
  expires_at: credential.expiresAt,
});

const toCredential = (row: Selectable<Tables["credential"]>): CredentialRecord => ({
  id: row.id,
  kind: row.kind as CredentialRecord["kind"],
  actor: row.actor,
  role: row.role as Role,
  secretHash: row.secret_hash,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});
