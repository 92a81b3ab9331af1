/** Upper bounds of the command line. */
export const limits = {
  /** What may hang on one signal; more is a leak, and Node says so. */
  listenersOfSignal: 1_000,
  /** One question of the doctor: above what ssh needs to give up (5 s to connect), below a person's patience. */
  doctorQuestionMs: 8_000,
  /** What is left of a question after its deadline to say why. */
  doctorGraceMs: 500,
  /** A tool that is asked for its version, and what it may say. */
  toolVersionMs: 5_000,
  toolOutputBytes: 64 * 1024,
  toolMessageLength: 200,
  /** Connections to hosts are let go for so long, then left to the end of the process. */
  closeMs: 1_000,
  /** A store of some thousand moves takes some MB; below the first figure it gets tight, below the second writes fail soon. */
  freeSpaceTightBytes: 1024 ** 3,
  freeSpaceNeededBytes: 64 * 1024 ** 2,
  /** Beyond this, times in two hosts' logs can no longer be laid side by side. */
  clockSkewMs: 1_000,
  /** A service that is started in the background answers within this time, and one that is asked to stop has stopped. */
  startMs: 30_000,
  stopMs: 90_000,
  stopAskMs: 100,
  /** Of a simulated run: more moves than any asks for. */
  simulatedMoves: 100,
  /** How long a life may last that is to be ended by something which never happens. */
  simulatedLifeMs: 150_000,
  /** The longest time in which no controller lives. */
  simulatedPauseMs: 20_000,
  /** Faults begin within this time, and each lasts at most so long. */
  simulatedFaultsMs: 30_000,
  simulatedFaultMs: 40_000,
  /** In which everything has to be settled once all hosts answer, and how often that is looked at. */
  simulatedSettleMs: 1_800_000,
  simulatedAskMs: 1_000,
  /** Between two readings of a host: events tell the rest, and each reading costs time of the run. */
  simulatedObserveMs: 10_000,
} as const;
