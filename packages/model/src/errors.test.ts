import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { assert, InvariantError } from "./assert.ts";
import { errorPage } from "./error-page.ts";
import { errorTable, messageOf, TrunklineError } from "./errors.ts";

describe("an error", () => {
  it("has the JSON shape that the command line promises, and nothing else", () => {
    const error = new TrunklineError("host.unreachable", "h2 does not answer", {
      hint: "start libvirtd on h2",
      details: { host: "h2", attempts: 3, tried: ["unix", "tcp"], lastSeen: null, isTarget: true },
      cause: new Error("ECONNREFUSED"),
    });
    expect(JSON.parse(JSON.stringify({ error }))).toEqual({
      error: {
        code: "host.unreachable",
        message: "h2 does not answer",
        hint: "start libvirtd on h2",
        details: { host: "h2", attempts: 3, tried: ["unix", "tcp"], lastSeen: null, isTarget: true },
      },
    });
    expect(messageOf(error.cause)).toBe("ECONNREFUSED");
  });

  it("takes the table's hint and no details when the place that raised it knows nothing better", () => {
    const error = new TrunklineError("vm.unknown", "no host knows web9");
    expect(error.toJSON()).toEqual({
      code: "vm.unknown",
      message: "no host knows web9",
      hint: errorTable["vm.unknown"].hint,
      details: {},
    });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("TrunklineError");
    expect("cause" in error).toBe(false);
  });

  it("gives a message for whatever was thrown", () => {
    expect(messageOf(new RangeError("too far"))).toBe("too far");
    expect(messageOf("a text")).toBe("a text");
    expect(messageOf(undefined)).toBe("undefined");
  });
});

describe("a broken invariant", () => {
  it("stops the operation with its own name", () => {
    expect(() => assert(false, "a VM runs once")).toThrow(InvariantError);
    expect(() => assert(false, "a VM runs once")).toThrow("a VM runs once");
    expect(() => assert(true, "a VM runs once")).not.toThrow();
  });
});

describe("the table of errors", () => {
  it.each(Object.entries(errorTable))("%s is a stable code with a meaning and a hint", (code, { meaning, hint }) => {
    expect(code).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
    expect(hint.length).toBeGreaterThan(10);
  });

  it("is what docs/error-codes.md says", () => {
    const path = join(import.meta.dirname, "../../../docs/error-codes.md");
    if (process.env["UPDATE_PAGES"] === "1") writeFileSync(path, errorPage(errorTable));
    expect(readFileSync(path, "utf8")).toBe(errorPage(errorTable));
  });

  it("does not break the page with a bar or a bracket", () => {
    const page = errorPage({ "a.b": { meaning: "This | that <id>.", hint: "One\ntwo" } });
    expect(page).toContain(String.raw`| ${"`a.b`"} | This \| that &lt;id>. | One two |`);
  });
});
