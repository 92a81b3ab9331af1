/** Upper bounds of the HTTP interface that an operator has no reason to change. The others come with the configuration. */
export const httpLimits = {
  /** From the first byte of a request to its last, and to the end of its headers: a slow sender holds a connection no longer. */
  requestMs: 30_000,
  headersMs: 10_000,
  /** How often Node looks for connections that are over those. */
  connectionsCheckMs: 5_000,
  /** An idle connection, longer than the usual minute of a proxy, so that it is the proxy that closes. */
  keepAliveMs: 72_000,
  /** What requests under way get for their answers when the service stops. */
  closeGraceMs: 10_000,
  headerBytes: 16 * 1024,
  /** A name in an address, percent-encoded. */
  paramChars: 1_024,
  /** How long a request may work on its answer; a preview asks hosts. */
  answerMs: 60_000,
  /** Fields that one problem names. */
  problemFields: 20,
  problemFieldChars: 200,
  /** What the audit log keeps of a subject. */
  subjectChars: 200,
  keyChars: 255,
  secretBytes: 32,
  secretChars: 512,
  /**
   * scrypt of RFC 7914 with the cost that OWASP's Password Storage Cheat Sheet gives for 32 MiB of memory:
   * N = 2^15, r = 8, p = 3. A quarter of a second, and little enough memory for a controller.
   */
  scryptCost: 32_768,
  scryptBlockSize: 8,
  scryptParallel: 3,
  scryptMemoryBytes: 64 * 1024 * 1024,
  scryptSaltBytes: 16,
  scryptHashBytes: 32,
  /** Passwords that are hashed side by side: libuv has four threads, and files need some as well. */
  hashesAtOnce: 2,
  /** Users and tokens together. */
  accounts: 10_000,
  /** How often answers that are older than they are kept are removed. */
  forgetAnswersMs: 3_600_000,
  /** What waits for one client of the event stream, beyond the buffers of the system, before it is let go. */
  eventClientBytes: 256 * 1024,
  /** Events read from the store at a time, for a client that comes back. */
  eventBatch: 500,
  /** A comment that keeps proxies from closing a quiet stream, and shows a lost client. */
  heartbeatMs: 15_000,
  /** What a client that was let go, or found no place, should wait. */
  eventRetryS: 5,
  rateWindowMs: 60_000,
  /** Files of the certificate and its key. */
  tlsFileBytes: 1024 * 1024,
} as const;

/** What an operator decides. */
export interface HttpLimits {
  readonly bodyBytes: number;
  readonly requestsPerMinute: number;
  readonly loginsPerMinute: number;
  readonly connections: number;
  readonly eventClients: number;
  readonly loginHours: number;
  readonly answersHours: number;
}
