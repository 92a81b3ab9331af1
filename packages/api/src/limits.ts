/** Upper bounds of the HTTP contract and of its client. Each says what it protects. */
export const limits = {
  /** Names of hosts, as the inventory allows them. */
  hostNameChars: 64,
  /** Names of VMs; libvirt sets no bound of its own, a file name on the host does (NAME_MAX of Linux). */
  nameChars: 255,
  /** A libvirt URI with its parameters. */
  uriChars: 1_024,
  /** Ids of moves, and opaque texts such as cursors. */
  idChars: 64,
  cursorChars: 4_096,
  /** A reason that a person writes. */
  reasonChars: 500,
  /** Words of a command prefix. */
  commandWords: 32,
  /** How long a request may listen for LLDP: senders speak every 30 s by default. */
  listenMsMax: 60_000,
  /** VLANs of one trunk: there are no more. */
  trunkVlans: 4_095,
  /** Ports of one change of the fabric; each is read back. */
  portChanges: 100,
  /** Items of one page. */
  pageItems: 1_000,
  pageItemsUsual: 100,
  /** NIST SP 800-63B asks for at least 8 and at most no fewer than 64; a longer one than this only costs hashing time. */
  passwordCharsMin: 12,
  passwordCharsMax: 256,
  /** How long a token may live. */
  tokenDaysMax: 3_650,
  /** Priority of a move, in either direction. */
  priority: 100,
  /** VMs of one batch: each is judged before it begins, and the search for an order grows with them. */
  batchMoves: 200,
  /** Above any link that is built (1 Tbit/s), and above any pause that a guest would survive. */
  rateBpsMax: 1_000_000_000_000,
  /** A week; a copy that takes longer is no live migration. */
  deadlineMsMax: 604_800_000,
  downtimeMsMax: 600_000,
  /** An idempotency key. */
  keyChars: 255,
  /** What a client reads of an answer that is not ours, for its message. */
  excerptChars: 200,
  /** Between two attempts to follow the events again: doubled from the first to the last, then steady. */
  reconnectFirstMs: 250,
  reconnectLastMs: 10_000,
  /** Attempts in a row without an answer before whoever follows the events is told; together about five minutes. */
  reconnectAttempts: 36,
  /** Three heartbeats of the service: a connection that is silent for longer is dead. */
  streamSilenceMs: 45_000,
  /** One event of the stream: the longest is an evacuation with a row for each VM of its host, or a batch. */
  streamEventChars: 4 * 1024 * 1024,
  /** What is named of a file that is no snapshot. */
  snapshotProblems: 20,
} as const;
