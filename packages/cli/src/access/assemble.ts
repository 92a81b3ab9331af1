/**
 * A controller put together: world, store, service and its HTTP interface. Served or embedded, it is the same one; only
 * who may speak to it and how it is reached differ.
 */
import {
  buildServer,
  measuredJournal,
  measuredWorld,
  Service,
  ServiceMetrics,
  serviceLogOf,
} from "@trunkline/controller";
import type { HttpLimits, Logger, Readiness, ServerOptions, ServiceConfig, ServiceLog } from "@trunkline/controller";
import type { MoveReport } from "@trunkline/model";
import type { Store, World } from "@trunkline/ports";

export interface AssembleOptions {
  readonly world: World;
  readonly store: Store;
  readonly as: "service" | "command";
  readonly config: ServiceConfig;
  readonly logger: Logger;
  /** Where the service itself is told of; the logger where nothing is said. */
  readonly log?: ServiceLog;
  readonly passes: NonNullable<ServerOptions["passes"]>;
  readonly tls?: ServerOptions["tls"];
  readonly readiness: () => Readiness;
  readonly onReport?: (report: MoveReport) => void;
}

export interface Controller {
  readonly service: Service;
  readonly app: Awaited<ReturnType<typeof buildServer>>;
}

export async function assemble(options: AssembleOptions): Promise<Controller> {
  const { config, logger, passes, tls, readiness, onReport } = options;
  const metrics = new ServiceMetrics({ version, ofProcess: options.as === "service" });
  const world = measuredWorld(options.world, metrics);
  const store = { ...partsOf(options.store), journal: measuredJournal(options.store.journal, world.clock, metrics) };
  const service = new Service({
    world,
    store,
    as: options.as,
    observeIntervalMs: config.observe.intervalMs,
    observeLimits: { questionMs: config.observe.questionMs, hostsAskedAtOnce: config.observe.hostsAskedAtOnce },
    maxMoves: config.admission.maxMoves,
    balance: config.balance,
    log: options.log ?? serviceLogOf(logger),
    onReport: (report) => {
      metrics.moveReported(report);
      onReport?.(report);
    },
  });
  const app = await buildServer({
    plane: service,
    store,
    clock: world.clock,
    random: world.random,
    logger,
    limits: httpLimitsOf(config),
    metrics: {
      contentType: metrics.contentType,
      text: async ({ eventClients }) => {
        metrics.eventClientsChanged(eventClients);
        metrics.snapshotTaken(service.snapshot());
        metrics.collectorRead(service.collector.stats());
        metrics.queueChanged({ waiting: service.queueLength(), underWay: service.underWay().length });
        return await metrics.text();
      },
    },
    readiness,
    ...(tls === undefined ? {} : { tls }),
    subscribeProgress: (listener) => service.onProgress((move, progress) => listener({ move, progress })),
    passes,
    onAnswered: (answered) => metrics.requestAnswered(answered),
  });
  return { service, app };
}

/** Of this repository; releases carry the number of the package. */
const version = "0.1.0";

const partsOf = (store: Store): Store => ({
  journal: store.journal,
  events: store.events,
  intents: store.intents,
  accounts: store.accounts,
  audit: store.audit,
  answers: store.answers,
  backup: async (path) => await store.backup(path),
  close: async () => await store.close(),
});

const httpLimitsOf = ({ http, login, retention }: ServiceConfig): HttpLimits => ({
  ...http,
  loginHours: login.hours,
  answersHours: retention.answersHours,
});
