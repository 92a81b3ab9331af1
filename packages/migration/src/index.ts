export * from "./checks/checks.ts";
export * from "./checks/facts.ts";
export * from "./machine/machine.ts";
export * from "./machine/state.ts";
export * from "./network/network-impact.ts";
export * from "./predict/predict.ts";
export * from "./settle/settle.ts";
