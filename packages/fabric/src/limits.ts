/** Upper bounds of this room. */
export const limits = {
  /** Devices that one search visits: a hundred times the largest fabric that bench/fabric-scale foresees. */
  devicesVisited: 200_000,
  /** Peers of one VM in one segment that the size of packets is judged by: more than any VM of the bench has. */
  peersAsked: 64,
  /** Moves of a batch for which a better order is looked for; it takes the square of it. */
  movesOrdered: 64,
  /** Pairs of sites whose parting is worked out: each asks about every endpoint anew. */
  sitePairsLost: 16,
  /** Of a list of VLANs in one command: Cisco's command lines end at 254 characters. */
  vlanListCharacters: 200,
  /** Of a fabric document in YAML: about a minute of reading and a gigabyte of memory. */
  documentYamlCharacters: 8 * 1024 * 1024,
  /** Of one in JSON: ten times what 1,000 hosts, 20,000 endpoints and 100,000 flows take. */
  documentJsonCharacters: 128 * 1024 * 1024,
  /** From here on a document that begins with a brace is read as JSON, which is fast and knows no lines. */
  documentLocatedCharacters: 256 * 1024,
  /** Problems of a document that are told at once; the others are counted. */
  documentProblems: 100,
  /** Numbers in all the different VLAN lists of one document together, ranges written out. */
  documentVlans: 4_000_000,
  /** Names that are compared with a misspelled one. */
  namesCompared: 20_000,
  /** Moves of one timeline: half of the VMs that bench/fabric-scale foresees. */
  movesSimulated: 10_000,
  /** Ways that one stream of a move may take and that are told apart: sixteen spines behind four uplinks have 64. */
  streamPaths: 256,
  /** Combinations of ways of all streams that are tried one by one; beyond it, best and worst are those of the seeds. */
  hashOutcomes: 1_024,
  /** Seeds behind a 95th percentile: ten of them lie above it. */
  hashSeeds: 200,
  /** Cables between two interfaces, patch panels between them: two racks and a meet-me room make about six. */
  patchedCables: 32,
  /** Routers that a packet passes: the time to live that hosts start with (RFC 1700, IP time to live parameter). */
  routedHops: 64,
} as const;
