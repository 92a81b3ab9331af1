export * from "./ports.ts";
export * from "./vlan-reach.ts";
