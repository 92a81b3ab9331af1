/** Upper bounds of the controller. Each says what it protects. */
export const limits = {
  /** A question to a hypervisor: long enough for one that is busy probing its emulators (5 s seen), short enough to notice a dead one. */
  questionMs: 15_000,
  /** Opening a connection to a host. */
  connectMs: 5_000,
  /** Descriptions asked for at a time: libvirt serves five calls of a connection at once (`max_client_requests`). */
  surveyDescriptionsAtOnce: 4,
  /** A survey of a host, after which it counts as silent; and the part of it in which it holds a place among those asked at once. */
  surveyMs: 5_000,
  slotMs: 2_000,
  /** Hosts are looked for that came, left, or hold such a place too long. */
  housekeepingMs: 500,
  /** Questions that begin within this time share a deadline. */
  deadlineMomentMs: 100,
  /** Registering for a host's events, which goes before the survey. */
  watchMs: 2_000,
  /** Hosts asked at once: answers that come together must be read one after the other. */
  hostsAskedAtOnce: 64,
  /** In which the first questions after a start are spread. */
  firstQuestionsMs: 1_000,
  /** By how much of itself the time between two questions is drawn longer or shorter. */
  intervalSpreadRatio: 0.1,
  /** After an event, the time in which more of them may come before the host is asked: what an operator does behind our back is to be seen within two seconds. */
  eventGatherMs: 100,
  eventGatherMaxMs: 500,
  /** A silent host is asked again after this time, then after twice as long, up to the longest. */
  silentRetryFirstMs: 1_000,
  silentRetryDoublings: 10,
  silentRetryMaxMs: 15_000,
  /** Counters that were read closer together than this give no rate: libvirt reads them one VM after the other. */
  rateWindowMs: 500,
  /** Begin, Prepare, Finish and Confirm: Prepare starts a QEMU, which took up to 5 s cold. */
  phaseCallMs: 60_000,
  /** A sighting while something is being settled. */
  sightMs: 5_000,
  /** Between two questions for progress. */
  progressMs: 250,
  /** A question for progress may hang while the source flushes its last pass; it is given up, the move is not. */
  progressDeadlineMs: 2_000,
  /** How long switches are watched for the VM's new place, and how often they are asked. */
  learnMs: 3_000,
  learnPauseMs: 10,
  /** QEMU announces a guest five times within 550 ms by default (announce-max 550, announce-rounds 5); one is enough, all are counted. */
  announceMs: 800,
  /** The client's session must answer again within this time. */
  answerMs: 20_000,
  /** Between two looks at links that moves share: other traffic is to have its way within two seconds, and a look moves the rates by more than half. */
  rateLookMs: 400,
  /** Counters of the links, before a move begins and before its report is written: neither waits longer for a figure. */
  meterMs: 3_000,
  /** What a guest dirties is watched no longer at once; the result is there a little later, as often as one waits for it. */
  dirtSecondsMax: 30,
  /** A short look when a move is judged; a longer one where the first round takes as long, at most so long. */
  dirtShortMs: 1_000,
  dirtLongMs: 8_000,
  /** For the targets that one preview asks about; whoever asks later wants to know what the guest does then. */
  dirtFreshMs: 10_000,
  dirtSamples: 8,
  dirtLooks: 20,
  dirtLookMs: 100,
  /** A host-side command such as qemu-img info. */
  shellMs: 10_000,
  shellOutputBytes: 64 * 1024,
  /** A configuration file; a larger one is something else that was named by mistake. */
  configBytes: 1024 * 1024,
  /** Values of one label that the metrics take from elsewhere; libvirt's protocol has some 450 procedures, we use about 40. */
  rpcProcedureLabels: 100,
  httpRouteLabels: 200,
  metricLabelLength: 100,
  /** What one line of the log shows of a value: more is a dump, and may be somebody's attack. */
  logTextLength: 8_192,
  logDepth: 8,
  logEntries: 100,
  /** Rules of the frame hand-over end by themselves: those that wait after the longest copy we expect, those that share frames after the longest end of a copy, those that redirect them soon after a switch-over. */
  handoverLaidS: 3_600,
  handoverSharedS: 60,
  handoverEngagedS: 5,
  /** Questions in flight on one signal: more than Node's default of ten is meant, an unbounded number is a leak. */
  concurrentQuestions: 1_000,
  /** Rounds of questions of a plan: each asks one host about each VM that has no place yet. */
  planRounds: 256,
  /** What the configuration says where it is silent: between two looks at the balance, how long a load is watched, moves of a plan. */
  balanceIntervalMs: 60_000,
  balanceWatchMs: 300_000,
  balanceMoves: 10,
  /** A VM that was moved is not moved again for balance before: its load must have shown itself at its new place. */
  balanceRestMs: 600_000,
  /** Between two readings of the counters, where a command has seen the hosts only once: a load needs two. */
  secondLookMs: 2_000,
  /** Moves that wait in the queue; more is a mistake of whoever asks. */
  waitingMoves: 10_000,
  /** After the store could not be written, a move that had not begun waits so long. */
  storeRetryMs: 5_000,
  /** A move whose hosts could not both be asked is asked about again after this time, then after twice as long, and at once when one of them comes back: each time is some sixty records. */
  settleAgainMs: 15_000,
  settleAgainDoublings: 6,
  /** Frames of LLDP that are listened for on one port: one neighbour sends one every 30 s, a hub of phones a few more. */
  lldpPackets: 64,
  /** Records of moves that are searched for those that a prediction learns from. */
  historyRows: 100,
  /** Finished moves that a prediction learns from. */
  historyMoves: 5,
  /** Finished moves between two hosts, of any VM, that their pace is learned from. */
  paceMoves: 20,
  /** Moves that are read when the journal is searched. */
  journalRows: 1_000,
  /** Events that the store keeps, about 60 MB; of those beyond it, as many are removed with each one that is added. */
  storedEvents: 200_000,
  prunedEvents: 32,
  /** Events and entries of the audit log that are read at once. */
  eventRows: 10_000,
  auditRows: 1_000,
  /** How long a write waits for another process's: a command and a reader are done in milliseconds. */
  storeBusyMs: 5_000,
  /** Lines of a probe's report, and how long it may take to start and to stop. */
  probeLineBytes: 4_096,
  probeStartMs: 15_000,
  probeStopMs: 5_000,
  /** Packets that are read of one capture: 30 s of a busy uplink's hellos and announcements are some hundred. */
  capturePackets: 100_000,
  /** The longest live capture; LLDP and CDP speak every 30 and 60 s. */
  captureMs: 10 * 60_000,
  captureLineCharacters: 200,
} as const;
