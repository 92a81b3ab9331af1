/**
 * What must outlive the process: moves, the operator's intentions, events, accounts. One writer at a time.
 *
 * Duties of every part:
 * 1. A write resolves only when it would survive the death of this process; it is done whole or not at all.
 * 2. A write that cannot be made is `store.failed`, and the store stays usable for the next one.
 * 3. Opening it as a second writer fails with `store.locked` and says who holds it; a holder that is dead is replaced.
 */
import type { MoveState, MoveEvent } from "@trunkline/migration";
import type {
  Automation,
  Batch,
  BatchId,
  ClusterEvent,
  Evacuation,
  HostName,
  InventoryHost,
  LoggedEvent,
  MoveId,
  MoveReport,
  MoveRequest,
  Role,
} from "@trunkline/model";

export interface Store {
  readonly journal: Journal;
  readonly events: EventLog;
  readonly intents: Intents;
  readonly accounts: Accounts;
  readonly audit: AuditLog;
  readonly answers: AnswerLog;
  /** A whole and consistent copy, taken while the store is in use. The file must not exist. */
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * The journal: what was intended, before it was done. Records of one move keep their order; nothing is ever changed or
 * removed, but a move that still waits may be amended. Each record is an event of the event log as well, in one write.
 */
export interface Journal {
  readonly readOnly: boolean;
  addMove(request: MoveRequest, state: MoveState): Promise<void>;
  /** Replaces the request of a move that is still queued: where its VM runs is known only when it starts. */
  amend(id: MoveId, request: MoveRequest): Promise<void>;
  append(id: MoveId, event: MoveEvent, state: MoveState): Promise<void>;
  addReport(id: MoveId, report: MoveReport): Promise<void>;
  /** Newest first. */
  listMoves(limit: number): Promise<readonly JournalMove[]>;
  /** Newest first, from after the move `after` on. */
  pageMoves(page: MovePage): Promise<readonly JournalMove[]>;
  findMove(id: MoveId): Promise<JournalMove | undefined>;
  transitions(id: MoveId): Promise<readonly Transition[]>;
  /** Moves whose last state is not an end, oldest first. */
  unfinished(): Promise<readonly JournalMove[]>;
  /** Moves that are over and have no report, because the process died between the two. */
  unreported(): Promise<readonly JournalMove[]>;
  close(): Promise<void>;
}

export interface MovePage {
  readonly limit: number;
  readonly after?: MoveId;
  /** Name or UUID. */
  readonly vm?: string;
  /** Source or target. */
  readonly host?: HostName;
  readonly isOver?: boolean;
}

export interface JournalMove {
  readonly request: MoveRequest;
  readonly state: MoveState;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly report: MoveReport | null;
}

export interface Transition {
  readonly sequence: number;
  readonly at: string;
  readonly event: MoveEvent | null;
  readonly state: MoveState;
}

/** Events in one sequence without gaps in time: whoever has seen number n gets all that followed, or is told that it cannot. */
export interface EventLog {
  append(event: ClusterEvent): Promise<LoggedEvent>;
  /** Those with a higher number, oldest first. */
  since(sequence: number, limit: number): Promise<readonly LoggedEvent[]>;
  /** Numbers of the oldest event that is kept and of the newest; both 0 while there is none. */
  range(): Promise<{ readonly oldest: number; readonly newest: number }>;
  /** Called after the write, in the order of the numbers. @returns the function that ends it. */
  onAppend(listener: (event: LoggedEvent) => void): () => void;
}

/** What the operator wants to be true, and how far it is. */
export interface Intents {
  hosts(): Promise<readonly InventoryHost[]>;
  putHost(host: InventoryHost): Promise<void>;
  removeHost(host: HostName): Promise<void>;
  automation(): Promise<Automation>;
  putAutomation(automation: Automation): Promise<void>;
  evacuations(): Promise<readonly Evacuation[]>;
  putEvacuation(evacuation: Evacuation): Promise<void>;
  removeEvacuation(host: HostName): Promise<void>;
  /** Adds it, or replaces what was known of it. */
  putBatch(batch: Batch): Promise<void>;
  findBatch(id: BatchId): Promise<Batch | undefined>;
  /** Newest first. */
  listBatches(limit: number): Promise<readonly Batch[]>;
  /** Those that run, oldest first. */
  runningBatches(): Promise<readonly Batch[]>;
}

/** Secrets come hashed: nothing here can be used to log in. */
export interface Accounts {
  users(): Promise<readonly UserRecord[]>;
  putUser(user: UserRecord): Promise<void>;
  removeUser(name: string): Promise<void>;
  credentials(): Promise<readonly CredentialRecord[]>;
  findCredential(secretHash: string): Promise<CredentialRecord | undefined>;
  putCredential(credential: CredentialRecord): Promise<void>;
  removeCredential(id: string): Promise<void>;
}

export interface UserRecord {
  readonly name: string;
  readonly role: Role;
  /** scrypt with its parameters and salt, in one string. */
  readonly passwordHash: string;
  readonly createdAt: string;
}

/** A bearer token of a program, or the cookie of a browser that logged in. */
export interface CredentialRecord {
  readonly id: string;
  readonly kind: "token" | "login";
  /** Whose: a token's own name, or the user who logged in. */
  readonly actor: string;
  readonly role: Role;
  readonly secretHash: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

/** Who did what, in order; refusals as well. */
export interface AuditLog {
  append(entry: AuditEntry): Promise<void>;
  /** Newest first, those with a lower number than `before`. */
  page(before: number | undefined, limit: number): Promise<readonly (AuditEntry & { readonly sequence: number })[]>;
}

export interface AuditEntry {
  readonly at: string;
  readonly actor: string;
  readonly role: Role | "none";
  /** Name of the operation of the API. */
  readonly action: string;
  readonly subject: string;
  /** HTTP status of the answer. */
  readonly status: number;
  readonly requestId: string;
}

/** Answers to requests that act, by idempotency key: asked again, the same answer, and nothing done twice. */
export interface AnswerLog {
  find(actor: string, key: string): Promise<StoredAnswer | undefined>;
  put(answer: StoredAnswer): Promise<void>;
  removeOlderThan(at: string): Promise<void>;
}

export interface StoredAnswer {
  readonly actor: string;
  readonly key: string;
  /** Of method, path and body: another request under the same key is a mistake of the caller. */
  readonly fingerprint: string;
  /** null while the first request is being carried out: after a crash nobody knows how it ended. */
  readonly answer: { readonly status: number; readonly body: string } | null;
  readonly at: string;
}
