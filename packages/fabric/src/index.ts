export * from "./migration-path.ts";
export * from "./ports.ts";
export * from "./vlan-reach.ts";
