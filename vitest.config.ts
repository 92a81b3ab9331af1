import { defineConfig } from "vitest/config";

/**
 * Two projects: `unit` needs nothing but Node; `lab` needs root and the distribution's QEMU, libvirt and Open vSwitch,
 * and runs two files at a time because every file builds real hosts.
 */
const resolve = { conditions: ["source"] };
export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    projects: [
      {
        resolve,
        ssr: { resolve },
        test: {
          name: "unit",
          // Files of one worker share its modules: loading them anew for each took twice as long as the tests themselves.
          // A test that changes what a module keeps, the environment or the clock puts it back.
          isolate: false,
          maxWorkers: "100%",
          include: ["packages/*/src/**/*.test.ts", "bench/src/**/*.test.ts", "house/*.test.ts"],
          exclude: ["**/*.lab.test.ts", "**/dist/**", "**/node_modules/**"],
          // A bound against hanging, far above what any test takes on a busy machine.
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
          // Every file builds real hosts of its own. Two of them at a time on two processors are late now and then, and what is
          // late looks like a defect of what is tested.
          maxWorkers: 1,
          allowOnly: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
