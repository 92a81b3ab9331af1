/** The tables as kysely sees them: it composes the SQL, `connection.ts` runs it. What each means stands in `schema.ts`. */
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import type { Generated, GeneratedAlways } from "kysely";

export interface Tables {
  readonly move: {
    readonly sequence: Generated<number>;
    readonly id: string;
    readonly request: string;
    readonly state: string;
    readonly is_over: number;
    readonly created_at: string;
    readonly changed_at: string;
    readonly report: string | null;
    readonly vm: GeneratedAlways<string>;
    readonly vm_name: GeneratedAlways<string>;
    readonly source: GeneratedAlways<string>;
    readonly target: GeneratedAlways<string>;
  };
  readonly transition: {
    readonly sequence: Generated<number>;
    readonly move_id: string;
    readonly at: string;
    readonly event: string | null;
    readonly state: string;
  };
  readonly event: { readonly sequence: Generated<number>; readonly at: string; readonly event: string };
  readonly host: { readonly name: string; readonly host: string };
  readonly automation: { readonly id: number; readonly automation: string };
  readonly evacuation: { readonly host: string; readonly evacuation: string };
  readonly batch: {
    readonly sequence: Generated<number>;
    readonly id: string;
    readonly is_over: number;
    readonly batch: string;
  };
  readonly user: {
    readonly name: string;
    readonly role: string;
    readonly password_hash: string;
    readonly created_at: string;
  };
  readonly credential: {
    readonly id: string;
    readonly kind: string;
    readonly actor: string;
    readonly role: string;
    readonly secret_hash: string;
    readonly created_at: string;
    readonly expires_at: string | null;
  };
  readonly audit: {
    readonly sequence: Generated<number>;
    readonly at: string;
    readonly actor: string;
    readonly role: string;
    readonly action: string;
    readonly subject: string;
    readonly status: number;
    readonly request_id: string;
  };
  readonly answer: {
    readonly actor: string;
    readonly key: string;
    readonly fingerprint: string;
    readonly status: number | null;
    readonly body: string | null;
    readonly at: string;
  };
}

/** Composes and executes nothing: every query goes through a `Connection`, whose transactions are synchronous. */
export const sqlOf = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});
