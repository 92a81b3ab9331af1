/** What the words of `trunkline batch run` mean, and which of them mean nothing. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { batchBody } from "./batch-body.ts";

const folder = mkdtempSync(join(tmpdir(), "trunkline-batch-"));
const file = (text: string): string => {
  const path = join(folder, "batch.yaml");
  writeFileSync(path, text);
  return path;
};
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const usual = { driver: "client", mode: "auto", handover: true, priority: 0 };

describe("the words of a batch", () => {
  it("name VMs with or without a host, and who goes after whom", () => {
    expect(batchBody(["vm1=h2", "a=b=h1", "vm3"], { after: ["vm3:vm1", "vm3:a=b"], rate: "1G" })).toEqual({
      ...usual,
      maxRateBps: 1e9,
      moves: [
        { vm: "vm1", target: "h2" },
        { vm: "a=b", target: "h1" },
        { vm: "vm3", after: ["vm1", "a=b"] },
      ],
    });
  });

  it("come after what the file names; what to do on failure is the file's, unless it is said", () => {
    const path = file("onFailure: continue\nmoves:\n  - { vm: vm1, target: h2, after: [vm2] }\n");
    const body = batchBody(["vm2"], { after: [], file: path });
    expect(body).toEqual({
      ...usual,
      onFailure: "continue",
      moves: [{ vm: "vm1", target: "h2", after: ["vm2"] }, { vm: "vm2" }],
    });
    expect(batchBody(["vm2"], { after: [], file: path, onFailure: "stop" }).onFailure).toBe("stop");
  });

  it.each([
    [[], { after: [] }, "no VM is named"],
    [["vm1="], { after: [] }, "neither VM=HOST nor VM"],
    [["=h1"], { after: [] }, "neither VM=HOST nor VM"],
    [["vm1"], { after: ["vm1"] }, "is not VM:VM"],
    [["vm1"], { after: ["vm2:vm1"] }, "vm2 is not in the batch"],
    [["vm1"], { after: [], onFailure: "wait" }, "neither stop nor continue"],
    [["vm1"], { after: [], mode: "quick" }, "--mode quick"],
    [["vm1"], { after: [], file: join(folder, "missing.yaml") }, "could not be read"],
  ])("%j %j mean nothing", (words, options, message) => {
    expect(() => batchBody(words, options)).toThrow(
      expect.objectContaining({ code: "usage.invalid", message: expect.stringContaining(message) as string }) as Error,
    );
  });

  it("a file that is something else is named with every line that is wrong", () => {
    const path = file("moves:\n  - { vm: vm1, to: h2 }\n  - { target: h1 }\n");
    expect(() => batchBody([], { after: [], file: path })).toThrow(/moves\.0.*\n.*moves\.1\.vm/);
  });
});
