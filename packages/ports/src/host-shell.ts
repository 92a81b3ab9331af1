/**
 * Commands on a host, where the operator gave us a way: the few questions that libvirt cannot answer.
 *
 * Duties: no shell in between, arguments as they are; bounded in time and output; a command that cannot be started is
 * `host.unreachable`, one that ends with another status is a result.
 */
export interface HostShell {
  run(command: readonly string[], options: { timeoutMs: number; signal: AbortSignal }): Promise<ShellResult>;
}

export interface ShellResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}
