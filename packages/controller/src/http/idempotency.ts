/**
 * Requests that act and carry an idempotency key. The key is written down before the request is carried out and its
 * answer after it, so a client that lost the answer can ask again: it gets the same one, or learns that nobody knows.
 */
import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { problemType } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import type { AnswerLog, Clock, StoredAnswer } from "@trunkline/ports";
import { httpLimits } from "./limits.ts";

/** A request whose answer is to be written down. */
export type Begun = Omit<StoredAnswer, "answer">;

export class Idempotency {
  readonly #answers: AnswerLog;
  readonly #clock: Clock;
  readonly #keptMs: number;
  readonly #inFlight = new Set<string>();
  #forgotAtMs: number;

  constructor(answers: AnswerLog, clock: Clock, keptMs: number) {
    this.#answers = answers;
    this.#clock = clock;
    this.#keptMs = keptMs;
    this.#forgotAtMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * @returns undefined without a key, the answer to give again, or what `complete` has to be told.
   * @throws request.invalid, request.key-reused, request.in-doubt, store.failed.
   */
  async begin(request: FastifyRequest, actor: string): Promise<StoredAnswer["answer"] | Begun | undefined> {
    const key = request.headers["idempotency-key"];
    if (key === undefined) return undefined;
    if (typeof key !== "string" || !/^[\x21-\x7e]+$/.test(key) || key.length > httpLimits.keyChars)
      throw new TrunklineError("request.invalid", "the idempotency key is not 1 to 255 visible ASCII characters");
    const slot = `${actor} ${key}`;
    if (this.#inFlight.has(slot)) throw inDoubt(key, "is being carried out");
    // Taken before the first wait, so that of two at once only one goes on.
    this.#inFlight.add(slot);
    try {
      const begun: Begun = { actor, key, fingerprint: fingerprintOf(request), at: this.#clock.timestamp() };
      const found = await this.#answers.find(actor, key);
      const isStale = found !== undefined && this.#ageMs(found.at) > this.#keptMs;
      if (found !== undefined && !isStale) {
        this.#inFlight.delete(slot);
        return answerFrom(found, begun);
      }
      await this.#forgetOld();
      await this.#answers.put({ ...begun, answer: null });
      return begun;
    } catch (error) {
      this.#inFlight.delete(slot);
      throw error;
    }
  }

  /** @throws store.failed; the request then stays in doubt, which is the truth. */
  async complete(begun: Begun, status: number, body: string): Promise<void> {
    try {
      await this.#answers.put({ ...begun, answer: { status, body } });
    } finally {
      this.#inFlight.delete(`${begun.actor} ${begun.key}`);
    }
  }

  async #forgetOld(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#forgotAtMs < httpLimits.forgetAnswersMs) return;
    this.#forgotAtMs = nowMs;
    const oldest = Date.parse(this.#clock.timestamp()) - this.#keptMs;
    await this.#answers.removeOlderThan(new Date(oldest).toISOString());
  }

  #ageMs(at: string): number {
    return Date.parse(this.#clock.timestamp()) - Date.parse(at);
  }
}

export function sendAgain(reply: FastifyReply, { status, body }: NonNullable<StoredAnswer["answer"]>): void {
  void reply.code(status).header("idempotency-replayed", "true");
  void reply.type(status >= 400 ? problemType : "application/json; charset=utf-8").send(Buffer.from(body));
}

function answerFrom(found: StoredAnswer, { key, fingerprint }: Begun): NonNullable<StoredAnswer["answer"]> {
  if (found.fingerprint !== fingerprint)
    throw new TrunklineError("request.key-reused", `the idempotency key ${key} was used for another request`);
  if (found.answer === null) throw inDoubt(key, "was begun, and its end is not recorded");
  return found.answer;
}

const inDoubt = (key: string, what: string): TrunklineError =>
  new TrunklineError("request.in-doubt", `the request under the idempotency key ${key} ${what}`);

/** The body as it was understood, so that spaces and the order of fields make no other request of it. */
function fingerprintOf({ method, url, body }: FastifyRequest): string {
  return createHash("sha256")
    .update(JSON.stringify([method, url, body ?? null]))
    .digest("hex");
}
