/** Upper bounds of the simulator, and the times that its hosts take. Each says what it protects or where it was measured. */
export const limits = {
  /** Timers that one `run` may fire before it is taken for a loop that never ends. */
  clockSteps: 20_000_000,
  /** Timers that may wait at once. */
  timers: 1_000_000,
  /** The longest timer, a day: Node's own cannot be longer than 24.8 days and fire at once beyond. */
  timerMs: 86_400_000,
  /** Violations and lines of history that are kept; a run that breaks a law breaks it often. */
  violations: 100,
  historyLines: 64,
  /** Searches through the network visit a bounded number of devices. */
  devicesVisited: 10_000,
} as const;

/** Milliseconds unless the name says otherwise; from our own runs with libvirt 9.0 and QEMU 7.2 (docs/state-machine.md). */
export const pace = {
  /** One way between the controller and a daemon; each message draws between half and one and a half of it. */
  latencyMs: 0.4,
  /** How long a host thinks about an ordinary question. */
  questionMs: 1,
  beginMs: 20,
  /** Starting the target's QEMU. */
  prepareMs: 350,
  /** From Finish to the guest's first instruction, and from there to the answer. */
  finishMs: 15,
  finishAnswerMs: 25,
  /** Ending the source's QEMU. */
  confirmMs: 90,
  destroyMs: 60,
  /** An aborted copy ends, and Perform answers. */
  abortMs: 250,
  /** libvirt removes the incoming copy of a lost client. */
  clearIncomingMs: 250,
  /** A closed data channel is seen by the QEMU on the other end. */
  channelClosedMs: 100,
  /** libvirt's keepalive between two daemons: 5 s times 5, and what was measured. */
  keepaliveMs: 28_900,
  /** Linux gives up a TCP connection without acknowledgements after this time: tcp_retries2 = 15 (ip-sysctl). */
  channelTimeoutMs: 924_600,
  /** A monitor that hangs in the last pass, once the wire is back: until the next retransmission. */
  monitorFreedMs: 10_000,
  /** Stopping a guest, its device state, and starting it again, beside the last pages. */
  deviceStateMs: 40,
  /** QEMU announces a guest at once and again after 50, 150, 250, 350 ms steps within 550 ms (announce-* parameters). */
  announceMs: [0, 50, 200, 450],
  /** A frame's way through the fabric. */
  wireMs: 0.1,
  /** A demonstration's VMs change their minds this often. */
  habitMs: 10_000,
  /** Clients of the probes send a byte this often. */
  echoMs: 5,
  /** A host that is off answers nothing; connecting to it is given up after this time. */
  connectMs: 5_000,
  /** Deadlines of calls, as the libvirt adapter has them. */
  questionDeadlineMs: 15_000,
  phaseDeadlineMs: 60_000,
  sightDeadlineMs: 5_000,
  /** QEMU's default for `downtime-limit`. */
  maxDowntimeMs: 300,
} as const;
