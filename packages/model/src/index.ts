export * from "./assert.ts";
export * from "./check.ts";
export * from "./errors.ts";
export * from "./ids.ts";
export * from "./inventory.ts";
export * from "./move.ts";
export * from "./vm.ts";
