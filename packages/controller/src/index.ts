export { Controller } from "./controller.ts";
export type { MigrateInput, MigrateObserver } from "./controller.ts";
export { readConfig } from "./config/read-config.ts";
export type { ServiceConfig } from "./config/config-schema.ts";
export { ServiceMetrics } from "./metrics/service-metrics.ts";
export { readInventory } from "./inventory/read-inventory.ts";
export { journalHolder, openJournal } from "./record/sqlite-journal.ts";
export { realWorld } from "./adapters/world.ts";
export { systemClock } from "./adapters/system/system-clock.ts";
