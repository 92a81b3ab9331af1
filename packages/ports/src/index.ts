export * from "./clock.ts";
export * from "./frame-handover.ts";
export * from "./host-shell.ts";
export * from "./hypervisor.ts";
export * from "./probe.ts";
export * from "./store.ts";
export * from "./virtual-switch.ts";
export * from "./world.ts";
