import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/**
 * Two projects: `unit` needs nothing but Node; `lab` needs root and the distribution's QEMU, libvirt and Open vSwitch,
 * and runs one file at a time because every file builds real hosts.
 */
const resolve = { conditions: ["source"] };
export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    // Vitest would leave one processor to itself, which is half of a small machine, and needs little of it.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        resolve,
        ssr: { resolve },
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "bench/src/**/*.test.ts", "house/*.test.ts"],
          exclude: ["**/*.lab.test.ts", "**/dist/**", "**/node_modules/**"],
          // One worker loads each module once: loading them for every file cost more than the tests. There is no state of
          // a module that one test could leave to the next (docs/architecture.md).
          isolate: false,
          // Bounds against hanging, far above what any test takes on a busy machine.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          allowOnly: false,
        },
      },
      {
        resolve,
        ssr: { resolve },
        test: {
          name: "lab",
          include: ["packages/*/src/**/*.lab.test.ts"],
          fileParallelism: false,
          allowOnly: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
