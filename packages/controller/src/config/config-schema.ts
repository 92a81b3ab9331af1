/**
 * The configuration file of the service: every field with its bounds, its default and what it means. The type, the
 * messages, docs/config.schema.json and the table in docs/operations.md are all made from here.
 *
 * Each number's bounds keep a slip of the pen from becoming an outage; the default is what a cluster of some dozen
 * hosts can live with.
 */
import { z } from "zod";
import { limits } from "../limits.ts";

export type ServiceConfig = Settled<z.output<typeof configSchema>>;

type Settled<T> = T extends object ? { readonly [K in keyof T]: Settled<T[K]> } : T;

const path = z.string().min(1).max(4096);
const whole = (minimum: number, maximum: number, usual: number, meaning: string) =>
  z.int().min(minimum).max(maximum).default(usual).describe(meaning);

export const configSchema = z
  .strictObject({
    listen: z
      .strictObject({
        host: z
          .string()
          .min(1)
          .max(253)
          .default("127.0.0.1")
          .describe("Address or name to listen at. Anything but loopback needs `tls`."),
        port: whole(0, 65_535, 8440, "TCP port; 0 lets the system choose one, which the log names."),
        tls: z
          .strictObject({
            certFile: path.describe("PEM file of the certificate, followed by those that lead to its authority."),
            keyFile: path.describe("PEM file of the key, readable by nobody else."),
          })
          .exactOptional()
          .describe("Serve HTTPS. Paths are relative to the configuration file."),
      })
      .prefault({})
      .describe("Where the service is reached."),
    stateFolder: path
      .exactOptional()
      .describe(
        "Folder of the store. Default: `--state`, `TRUNKLINE_STATE`, `$XDG_STATE_HOME/trunkline` or `~/.local/state/trunkline`.",
      ),
    inventory: path
      .exactOptional()
      .describe("The inventory file, relative to this one. Hosts can also be added while the service runs."),
    observe: z
      .strictObject({
        intervalMs: whole(250, 60_000, 2_000, "Time between two readings of every host; events come at once anyhow."),
        questionMs: whole(500, 60_000, limits.surveyMs, "A host that has not answered after so long counts as silent."),
        hostsAskedAtOnce: whole(1, 1_024, limits.hostsAskedAtOnce, "Hosts read at the same time."),
      })
      .prefault({})
      .describe("How the hosts are watched."),
    admission: z
      .strictObject({
        maxMoves: whole(
          1,
          256,
          16,
          "Moves under way in the whole cluster; each host and link has its own budget besides.",
        ),
      })
      .prefault({})
      .describe("How many moves run side by side."),
    balance: z
      .strictObject({
        automation: z
          .enum(["manual", "full"])
          .default("manual")
          .describe("`manual`: moves are recommended when somebody asks. `full`: they are made."),
        threshold: z
          .literal([1, 2, 3, 4, 5])
          .default(3)
          .describe("How much a move has to help: 1 moves nothing for balance, 5 whatever helps a little."),
        intervalMs: whole(1_000, 3_600_000, limits.balanceIntervalMs, "Time between two looks at the balance."),
        watchMs: whole(
          1_000,
          86_400_000,
          limits.balanceWatchMs,
          "How long a VM's load is watched before it is moved; what counts is the mean over about as long.",
        ),
        maxMoves: whole(1, 500, limits.balanceMoves, "VMs that one plan moves at most."),
      })
      .prefault({})
      .describe("How load is spread over the hosts; docs/balance.md has the rules."),
    http: z
      .strictObject({
        bodyBytes: whole(1_024, 16_777_216, 262_144, "Largest request body."),
        requestsPerMinute: whole(1, 1_000_000, 1_200, "Requests accepted from one client in a minute."),
        loginsPerMinute: whole(1, 1_000, 10, "Logins tried from one client in a minute; each costs a password hash."),
        connections: whole(8, 65_536, 2_048, "Open connections, event streams included."),
        eventClients: whole(1, 32_768, 1_024, "Clients that follow the event stream; fewer than `connections`."),
      })
      .prefault({})
      .describe("Bounds of the HTTP interface."),
    login: z
      .strictObject({ hours: whole(1, 720, 12, "How long a browser stays logged in.") })
      .prefault({})
      .describe("Logins of people."),
    retention: z
      .strictObject({
        answersHours: whole(1, 720, 24, "How long the answer to an idempotency key is remembered."),
        events: whole(
          1_000,
          10_000_000,
          limits.storedEvents,
          "Events kept for clients that come back, about 300 bytes each; older ones are removed.",
        ),
      })
      .prefault({})
      .describe("What is kept. Moves and the audit log are never removed."),
    log: z
      .strictObject({
        level: z
          .enum(["fatal", "error", "warn", "info", "debug", "trace"])
          .default("info")
          .describe("The least severe line that is written."),
        pretty: z.boolean().default(false).describe("Lines for people in place of JSON."),
      })
      .prefault({})
      .describe("The log, on standard error."),
    shutdown: z
      .strictObject({
        waitForMovesMs: whole(
          0,
          3_600_000,
          60_000,
          "How long a stop waits for moves under way; what still copies then is called off, a switch-over is seen through.",
        ),
      })
      .prefault({})
      .describe("How the service stops."),
  })
  .describe("Configuration of trunkline serve");

/** The schema for editors, as committed in docs/config.schema.json. */
export function configJsonSchema(): string {
  const { $schema, description, ...rest } = z.toJSONSchema(configSchema, { io: "input" });
  return `${JSON.stringify({ $schema, title: description, ...rest }, null, 2)}\n`;
}
