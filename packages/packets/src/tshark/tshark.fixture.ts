/**
 * Wireshark's dissectors as a second opinion: what tshark reads in a capture, as flat lists of named values. Its own
 * settings file, if the user has one, is not read; checksums are verified and fragments left as they are, as here.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One packet by tshark's account. */
export interface TsharkPacket {
  /** Names of its dissectors, the outermost first. */
  readonly protocols: readonly string[];
  /** Values as tshark shows them, by the name of the field, in the order of the packet. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Its own verdict: the packet ended before its dissector did. */
  readonly isMalformed: boolean;
}

const tshark = "tshark";
/** Comes with it. */
const mergecap = "mergecap";

const version = spawnSync(tshark, ["--version"], { encoding: "utf8" });
const isInstalled = version.error === undefined && version.status === 0;

/** Its version, or the reason, for the name of the tests. */
export const tsharkName = isInstalled
  ? (/\b\d+\.\d+\.\d+/.exec(version.stdout)?.[0] ?? "of an unknown version")
  : "skipped: it is not installed";

/** To be called by a file of tests when it is loaded. @returns whether they have to be skipped, after saying so. */
export function lacksTshark(): boolean {
  if (!isInstalled) process.stderr.write(`tshark ${tsharkName}\n`);
  return !isInstalled;
}

const preferences = [
  "ip.check_checksum:TRUE",
  "udp.check_checksum:TRUE",
  "ip.defragment:FALSE",
  "ipv6.defragment:FALSE",
  // A frame that ends in zeros has padding, not the sum of an interface that was asked to keep it.
  "eth.fcs:Never",
];

/** The port that Linux uses for VXLAN unless told otherwise; to tshark it is OTV's. */
const linuxVxlan = "udp.port==8472,vxlan";

/** A few packets make a megabyte of text. */
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;

/** What tshark reads in a capture of pcap or pcapng. */
export function tsharkRead(capture: Uint8Array): readonly TsharkPacket[] {
  return inFolder((folder) => {
    const file = join(folder, "capture");
    writeFileSync(file, capture);
    const options = [
      "-n",
      "-r",
      file,
      "-T",
      "pdml",
      "-d",
      linuxVxlan,
      ...preferences.flatMap((preference) => ["-o", preference]),
    ];
    return packetsOf(run(tshark, options, folder));
  });
}

/** Captures one after the other, each with its own link type, as pcapng: by mergecap, which comes with tshark. */
export function mergedCaptures(paths: readonly string[]): Uint8Array {
  return inFolder((folder) => {
    const options = ["-a", "-F", "pcapng", "-w", "-", ...paths];
    const { stdout, status, stderr } = spawnSync(mergecap, options, { maxBuffer: MAX_OUTPUT_BYTES, cwd: folder });
    if (status !== 0) throw new Error(`mergecap: ${String(stderr)}`);
    return stdout;
  });
}

function run(command: string, options: readonly string[], folder: string): string {
  const { stdout, status, stderr } = spawnSync(command, options, {
    encoding: "utf8",
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, LC_ALL: "C.UTF-8", TZ: "UTC" },
  });
  if (status !== 0) throw new Error(`${command} ${options.join(" ")}: ${stderr}`);
  return stdout;
}

function inFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "trunkline-tshark-"));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const malformed = "_ws.malformed";

/** PDML is XML of three elements: packet, proto and field, the latter two nested at will. Their order is all we need. */
function packetsOf(pdml: string): readonly TsharkPacket[] {
  return pdml
    .split("<packet>")
    .slice(1)
    .map((text) => {
      const protocols: string[] = [];
      const values = new Map<string, string[]>();
      for (const [, element, attributes = ""] of text.matchAll(/<(proto|field) ([^>]*)>/g)) {
        const name = attribute(attributes, "name");
        if (element === "proto") protocols.push(name);
        else values.set(name, [...(values.get(name) ?? []), attribute(attributes, "show")]);
      }
      return { protocols, values, isMalformed: protocols.includes(malformed) };
    });
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function attribute(attributes: string, name: string): string {
  const text = new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  return text.replaceAll(/&(?:#x([0-9a-f]+)|(\w+));/gi, (whole, code: string | undefined, entity: string) =>
    code === undefined ? (entities[entity] ?? whole) : String.fromCodePoint(Number.parseInt(code, 16)),
  );
}
