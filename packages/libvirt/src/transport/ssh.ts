/**
 * Through the system's ssh, so that its keys, agents, jump hosts and known hosts count. Over there virt-ssh-helper finds
 * the daemon's socket; where it is missing (libvirt before 6.8) or a socket is named, netcat stands in for it, as in
 * libvirt's own client (src/rpc/virnetclient.c).
 */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { Duplex } from "node:stream";
import { LibvirtError, reasonOf } from "../errors.ts";
import { MAX_SSH_COMPLAINT_CHARACTERS } from "../limits.ts";
import { socketPaths } from "./unix.ts";
import type { LibvirtUri } from "./uri.ts";

export interface SshOptions {
  /** Program used in place of `ssh`; the URI's `command` parameter goes before it. */
  readonly command?: string;
  /** Put before those of this client, for example `["-o", "ConnectTimeout=5"]`. */
  readonly args?: readonly string[];
}

export function dialSsh(uri: LibvirtUri, options: SshOptions, isReadOnly: boolean): Duplex {
  const command = uri.command ?? options.command ?? "ssh";
  const child = spawn(command, [...(options.args ?? []), ...sshArguments(uri, isReadOnly)], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  return new SshStream(child, uri.host);
}

/** Nobody is there to type: BatchMode makes ssh fail where it would ask. */
export function sshArguments(uri: LibvirtUri, isReadOnly: boolean): readonly string[] {
  return [
    "-T",
    "-e",
    "none",
    "-o",
    "BatchMode=yes",
    ...(uri.isVerified ? [] : ["-o", "StrictHostKeyChecking=no"]),
    ...(uri.port === undefined ? [] : ["-p", String(uri.port)]),
    ...(uri.user === undefined ? [] : ["-l", uri.user]),
    ...(uri.keyFile === undefined ? [] : ["-i", uri.keyFile]),
    "--",
    uri.host,
    `sh -c ${quoted(remoteScript(uri, isReadOnly))}`,
  ];
}

function remoteScript(uri: LibvirtUri, isReadOnly: boolean): string {
  const helper = `virt-ssh-helper ${isReadOnly ? "-r " : ""}${quoted(uri.name)}`;
  if (uri.proxy === "native") return `exec ${helper}`;
  const netcat = netcatScript(uri, isReadOnly);
  if (uri.proxy === "netcat" || uri.socket !== undefined) return netcat;
  return `if command -v virt-ssh-helper >/dev/null 2>&1; then exec ${helper}; fi; ${netcat}`;
}

/** Some netcats quit on the end of their input only when told so with -q, which others do not know. */
function netcatScript(uri: LibvirtUri, isReadOnly: boolean): string {
  const netcat = quoted(uri.netcat ?? "nc");
  // The environment is that of the other side: only the system's sockets have paths that are known here.
  const paths = socketPaths(uri, isReadOnly, {});
  const last = paths.at(-1) ?? "";
  const choose = paths.map((path) => `[ -S ${quoted(path)} ] && s=${quoted(path)}`).join(" || ");
  return `s=${quoted(last)}; ${choose}; if ${netcat} -q 2>&1 | grep -q "requires an argument"; then exec ${netcat} -q0 -U "$s"; else exec ${netcat} -U "$s"; fi`;
}

/** For a POSIX shell: between single quotes nothing has a meaning but the single quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The pipes of an ssh as one stream. When ssh ends, its own complaint is the error. */
class SshStream extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #host: string;
  #complaint = "";

  constructor(child: ChildProcessWithoutNullStreams, host: string) {
    super({ allowHalfOpen: false });
    this.#child = child;
    this.#host = host;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-MAX_SSH_COMPLAINT_CHARACTERS);
    });
    child.stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.on("error", (error) => this.destroy(this.#failure(`ssh cannot be started: ${reasonOf(error)}`)));
    // After "close" the pipes are drained, so nothing that the peer said before its end is lost.
    child.on("close", (status) => {
      if (status === 0 && this.#complaint === "") this.push(null);
      else this.destroy(this.#failure(`ssh ended with status ${status ?? "none"}: ${this.#complaint.trim()}`));
    });
    // ssh may fail to start before anybody listens here; who listens later asks for `errored`.
    this.on("error", () => {});
    // A broken pipe shows as the end of ssh as well, which knows the reason.
    child.stdin.on("error", () => {});
    child.stdout.on("error", () => {});
    child.stderr.on("error", () => {});
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // When ssh has gone, its "close" event tells the reason; a write error would come first and know less.
    this.#child.stdin.write(chunk, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }

  #failure(what: string): LibvirtError {
    const isRefusal = /permission denied|host key verification failed|authentication fail/i.test(this.#complaint);
    return new LibvirtError(
      isRefusal ? "libvirt.auth" : "libvirt.transport",
      `No ssh connection to ${this.#host}: ${what}.`,
      {
        hint: `Try: ssh -o BatchMode=yes ${this.#host} virt-ssh-helper qemu:///system`,
      },
    );
  }
}
