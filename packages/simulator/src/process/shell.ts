/** The `HostShell` port: the few commands that checks run, answered by the truth. */
import type { HostName } from "@trunkline/model";
import type { HostShell, ShellResult } from "@trunkline/ports";
import { defaultPools } from "../host/host.ts";
import type { Host } from "../host/host.ts";
import { pace } from "../limits.ts";
import { unreachable } from "./connection.ts";
import type { ProcessLife } from "./process.ts";
import { emulator } from "./testimony.ts";

export function simulatedShell(
  life: ProcessLife,
  label: HostName,
  host: Host | undefined,
  hosts: () => readonly Host[],
): HostShell {
  return {
    run: async (command, { timeoutMs, signal }) => {
      const isThere = host !== undefined && host.power === "on";
      await life.clock.sleep(isThere ? pace.questionMs : Math.min(timeoutMs, pace.connectMs), signal);
      if (host === undefined || host.power !== "on") throw unreachable(label, "run a command", "no route to host");
      return resultOf(host, hosts(), command);
    },
  };
}

function resultOf(host: Host, hosts: readonly Host[], command: readonly string[]): ShellResult {
  const last = command.at(-1) ?? "";
  switch (command[0]) {
    case "true":
      return succeeded;
    case "test":
      return last === emulator ? succeeded : failed("");
    case "qemu-img": {
      const pools = host.spec.pools ?? defaultPools;
      const isShared = pools.some((pool) => last.startsWith(`/srv/${pool}/`));
      return isShared ? succeeded : failed(`qemu-img: Could not open '${last}': No such file or directory`);
    }
    case "ping": {
      const other = hosts.find((candidate) => candidate.spec.migration?.address === last);
      const vlan = host.spec.migration?.vlan ?? 0;
      const isReached = other?.power === "on" && host.ground.network.reaches(host.name, other.name, vlan);
      return isReached ? succeeded : failed("3 packets transmitted, 0 received, 100% packet loss");
    }
    default:
      return { status: 127, stdout: "", stderr: `${command[0] ?? ""}: command not found` };
  }
}

const succeeded: ShellResult = { status: 0, stdout: "", stderr: "" };
const failed = (stderr: string): ShellResult => ({ status: 1, stdout: "", stderr });
