/** Can the target open what the VM's memory refers to: disks, devices, files of the host? */
import type { CheckResult } from "@trunkline/model";
import { isShared, travellingDisks } from "./disk-copy.ts";
import type { MoveFacts } from "./facts.ts";

export function disksReachable(facts: MoveFacts): readonly CheckResult[] {
  const rule = "disk-reachable";
  const travelling = new Set(travellingDisks(facts).map(({ target }) => target));
  return facts.vm.disks.flatMap((disk): CheckResult[] => {
    const subject = `${facts.vm.name}/${disk.target}`;
    if (disk.backing.kind === "empty" || travelling.has(disk.target)) return [];
    const what = backingText(disk.backing);
    const proof = facts.disks.find((candidate) => candidate.target === disk.target);
    const isProven = isShared(facts, disk.target);
    if (disk.device === "cdrom" && !isProven && (disk.backing.kind === "file" || disk.backing.kind === "block"))
      return [
        {
          rule: "host-local-backing",
          severity: "block",
          subject,
          message: `the CD in ${disk.target} is a file of ${facts.source} (${what}) that ${facts.target} has not been seen to open: eject it`,
          fix: `on ${facts.source}: virsh change-media ${facts.vm.name} ${disk.target} --eject --live`,
        },
      ];
    if (proof === undefined || !proof.opens.known)
      return [
        {
          rule,
          severity: "unknown",
          subject,
          message: `whether ${facts.target} can open ${what} could not be tried: ${proof?.why ?? "nobody asked"}`,
          fix: `on ${facts.target}: qemu-img info -U ${what}`,
        },
      ];
    if (isProven && proof.isSame?.known === false)
      return [
        {
          rule,
          severity: "unknown",
          subject,
          message: `${facts.target} opened ${what}, but whether it is the file of ${facts.source} is not known: ${proof.isSame.why}`,
          fix: `on both hosts: stat -c '%i %s' ${what}`,
        },
      ];
    if (isProven) return [{ rule, severity: "pass", subject, message: `${facts.target} opened ${what}` }];
    return [
      {
        rule,
        severity: "block",
        subject,
        message: proof.opens.value
          ? `${facts.target} has another file under the name ${what} than ${facts.source}`
          : `${facts.target} cannot open ${what}: ${proof.why}`,
        fix: diskFix(disk.backing.kind, facts.target, what),
      },
    ];
  });
}

export function hostBoundParts(facts: MoveFacts): readonly CheckResult[] {
  const { vm, target } = facts;
  const results: CheckResult[] = vm.hostDevices.map((device) => ({
    rule: "host-device",
    severity: "block",
    subject: `${vm.name}/${device}`,
    message: `${device} is a device of ${facts.source} and cannot travel`,
    fix: `detach it first: virsh detach-device ${vm.name} DEVICE.xml --live`,
  }));
  if (results.length === 0)
    results.push({
      rule: "host-device",
      severity: "pass",
      subject: vm.name,
      message: "no device of the host is passed through",
    });
  for (const file of facts.hostFiles) {
    const subject = `${vm.name}/${file.role}`;
    if (!file.isThere.known)
      results.push({
        rule: "host-file",
        severity: "unknown",
        subject,
        message: `${file.path} (${file.role}) must also be on ${target}; nobody could look: ${file.isThere.why}`,
        fix: `on ${target}: ls -l ${file.path}`,
      });
    else if (file.isThere.value)
      results.push({
        rule: "host-file",
        severity: "pass",
        subject,
        message: `${file.path} (${file.role}) is on ${target} too`,
      });
    else
      results.push({
        rule: "host-file",
        severity: "block",
        subject,
        message: `${file.path} (${file.role}) is not on ${target}`,
        fix: `copy ${file.path} from ${facts.source} to ${target}`,
      });
  }
  return results;
}

function backingText(backing: MoveFacts["vm"]["disks"][number]["backing"]): string {
  switch (backing.kind) {
    case "file":
    case "block":
      return backing.path;
    case "network":
      return `${backing.protocol}://${backing.hosts.map((host) => (host.port === undefined ? host.name : `${host.name}:${host.port}`)).join(",")}/${backing.name}`;
    case "volume":
      return `${backing.pool}/${backing.volume}`;
    case "empty":
      return "nothing";
  }
}

function diskFix(kind: string, target: string, what: string): string {
  if (kind === "network")
    return `check the storage network and the SAN's access list for ${target}: qemu-img info -U ${what}`;
  if (kind === "block") return `put ${what} on storage that ${target} shares; a device of the host is not copied`;
  return `put ${what} on storage that ${target} shares, or copy it with the move: --copy-storage full`;
}
