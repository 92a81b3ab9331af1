/** Answers by actor and idempotency key. `status` and `body` are both null while the request is being carried out. */
import type { AnswerLog, StoredAnswer } from "@trunkline/ports";
import type { Access } from "./access.ts";
import { sqlOf } from "./tables.ts";

export class SqliteAnswerLog implements AnswerLog {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async find(actor: string, key: string): Promise<StoredAnswer | undefined> {
    const row = this.#access.first(
      sqlOf.selectFrom("answer").selectAll().where("actor", "=", actor).where("key", "=", key),
    );
    if (row === undefined) return undefined;
    const { fingerprint, status, body, at } = row;
    const answer = status === null || body === null ? null : { status, body };
    return { actor, key, fingerprint, answer, at };
  }

  async put({ actor, key, fingerprint, answer, at }: StoredAnswer): Promise<void> {
    const row = { actor, key, fingerprint, status: answer?.status ?? null, body: answer?.body ?? null, at };
    this.#access.write(() => this.#access.run(sqlOf.replaceInto("answer").values(row)));
  }

  async removeOlderThan(at: string): Promise<void> {
    this.#access.write(() => this.#access.run(sqlOf.deleteFrom("answer").where("at", "<", at)));
  }
}
