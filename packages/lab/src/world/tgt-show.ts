/**
 * Reads what `tgtadm --op show --mode target` prints: an indented outline for people, the only form it has. Lines that
 * are not understood are passed over.
 */

export type SanSession = { readonly initiator: string; readonly address: string };

export type ShownTarget = {
  readonly iqn: string;
  readonly backingFiles: readonly string[];
  readonly acl: readonly string[];
  readonly sessions: readonly SanSession[];
};

export function parseTargets(text: string): readonly ShownTarget[] {
  return text
    .split(/^(?=Target \d+: )/m)
    .map((block) => parseTarget(block))
    .filter((target) => target !== undefined);
}

function parseTarget(block: string): ShownTarget | undefined {
  const iqn = /^Target \d+: (\S+)/.exec(block)?.[1];
  if (iqn === undefined) return undefined;
  const sessions: SanSession[] = [];
  let initiator = "";
  const acl: string[] = [];
  let isInAcl = false;
  for (const line of block.split("\n").map((line) => line.trim())) {
    initiator = /^Initiator: (\S+)/.exec(line)?.[1] ?? initiator;
    const address = /^IP Address: (\S+)/.exec(line)?.[1];
    if (address !== undefined) sessions.push({ initiator, address });
    if (isInAcl && line !== "") acl.push(line);
    isInAcl ||= line === "ACL information:";
  }
  const backingFiles = [...block.matchAll(/^\s*Backing store path: (.+)$/gm)]
    .map((match) => match[1] ?? "")
    .filter((file) => file !== "None");
  return { iqn, backingFiles, acl, sessions };
}
