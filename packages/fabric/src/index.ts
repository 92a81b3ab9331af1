export * from "./fabric.ts";
export * from "./findings/finding.ts";
export * from "./fix/config-change.ts";
export * from "./load/max-min.ts";
export * from "./migration-path.ts";
export * from "./path/way.ts";
export * from "./ports.ts";
export * from "./vlan-reach.ts";
