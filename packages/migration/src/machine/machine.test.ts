import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { blocksOf, replay } from "./transcript.fixture.ts";
import type { Block } from "./transcript.fixture.ts";

const folder = join(import.meta.dirname, "__transcripts__");
const names = readdirSync(folder).filter((name) => name.endsWith(".txt"));

/** Writing is asked for by name; a transcript without its expectation fails like one with a wrong expectation. */
const isWriting = process.env["UPDATE_TRANSCRIPTS"] === "1";

describe("transcripts", () => {
  it.each(names)("%s", (name) => {
    const path = join(folder, name);
    const read = (): readonly Block[] => blocksOf(readFileSync(path, "utf8"));
    const printed = replay(read());
    if (isWriting) writeFileSync(path, written(read(), printed));
    const blocks = read();
    const at = (index: number): string => `${name}:${blocks[index]?.line ?? "end"}`;
    expect(printed.length).toBeGreaterThan(0);
    expect(printed.map((text, index) => `${at(index)}\n${text}`)).toEqual(
      blocks.map(({ expected }, index) => `${at(index)}\n${expected ?? "there is no ----, so nothing is expected"}`),
    );
  });

  it("a missing expectation fails", () => {
    expect(blocksOf("move client\nstart\n")[0]?.expected).toBeUndefined();
    expect(() => replay(blocksOf("move client\nstrat\n----\n"))).toThrow("no such event");
    expect(() => replay(blocksOf("sighted absent runnig/booted\n----\n"))).toThrow("runnig");
  });
});

const written = (blocks: readonly Block[], printed: readonly string[]): string =>
  blocks.map((block, index) => [...block.input, "----", printed[index], ""].join("\n")).join("\n");
