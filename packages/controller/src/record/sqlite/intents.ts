/** What the operator wants: hosts that were added, the switch that holds automation back, evacuations, batches. As JSON. */
import type { Automation, Batch, BatchId, Evacuation, HostName, InventoryHost } from "@trunkline/model";
import type { Intents } from "@trunkline/ports";
import type { Access } from "./access.ts";
import { sqlOf } from "./tables.ts";

export class SqliteIntents implements Intents {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async hosts(): Promise<readonly InventoryHost[]> {
    const rows = this.#access.all(sqlOf.selectFrom("host").select("host").orderBy("name"));
    return rows.map(({ host }) => JSON.parse(host) as InventoryHost);
  }

  async putHost(host: InventoryHost): Promise<void> {
    const row = { name: host.name, host: JSON.stringify(host) };
    this.#access.write(() => this.#access.run(sqlOf.replaceInto("host").values(row)));
  }

  async removeHost(host: HostName): Promise<void> {
    this.#access.write(() => this.#access.run(sqlOf.deleteFrom("host").where("name", "=", host)));
  }

  async automation(): Promise<Automation> {
    const row = this.#access.first(sqlOf.selectFrom("automation").select("automation"));
    return row === undefined ? { paused: false } : (JSON.parse(row.automation) as Automation);
  }

  async putAutomation(automation: Automation): Promise<void> {
    const row = { id: 1, automation: JSON.stringify(automation) };
    this.#access.write(() => this.#access.run(sqlOf.replaceInto("automation").values(row)));
  }

  async evacuations(): Promise<readonly Evacuation[]> {
    const rows = this.#access.all(sqlOf.selectFrom("evacuation").select("evacuation").orderBy("host"));
    return rows.map(({ evacuation }) => JSON.parse(evacuation) as Evacuation);
  }

  async putEvacuation(evacuation: Evacuation): Promise<void> {
    const row = { host: evacuation.host, evacuation: JSON.stringify(evacuation) };
    this.#access.write(() => this.#access.run(sqlOf.replaceInto("evacuation").values(row)));
  }

  async removeEvacuation(host: HostName): Promise<void> {
    this.#access.write(() => this.#access.run(sqlOf.deleteFrom("evacuation").where("host", "=", host)));
  }

  async putBatch(batch: Batch): Promise<void> {
    const row = { is_over: Number(batch.state !== "running"), batch: JSON.stringify(batch) };
    this.#access.write(() =>
      this.#access.run(
        sqlOf
          .insertInto("batch")
          .values({ id: batch.id, ...row })
          .onConflict((conflict) => conflict.column("id").doUpdateSet(row)),
      ),
    );
  }

  async findBatch(id: BatchId): Promise<Batch | undefined> {
    const row = this.#access.first(sqlOf.selectFrom("batch").select("batch").where("id", "=", id));
    return row === undefined ? undefined : (JSON.parse(row.batch) as Batch);
  }

  async listBatches(limit: number): Promise<readonly Batch[]> {
    const rows = this.#access.all(sqlOf.selectFrom("batch").select("batch").orderBy("sequence", "desc").limit(limit));
    return rows.map(({ batch }) => JSON.parse(batch) as Batch);
  }

  async runningBatches(): Promise<readonly Batch[]> {
    const running = sqlOf.selectFrom("batch").select("batch").where("is_over", "=", 0).orderBy("sequence");
    return this.#access.all(running).map(({ batch }) => JSON.parse(batch) as Batch);
  }
}
