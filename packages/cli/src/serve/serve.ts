/**
 * `trunkline serve`: the controller as a service. It takes the store's lease, listens, settles what an earlier process
 * left, and only then says that it is ready.
 *
 *   first interrupt   no further move starts, those under way are waited for
 *   second interrupt  what can still be called off is called off; a switch-over is always seen through
 */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  createAdminToken,
  createLogger,
  listen,
  mintCredential,
  openStore,
  readConfig,
  readInventory,
  realWorld,
  systemClock,
  systemRandom,
} from "@trunkline/controller";
import type { Logger, OpenStore, ServiceConfig } from "@trunkline/controller";
import { TrunklineError, messageOf } from "@trunkline/model";
import type { Inventory } from "@trunkline/model";
import type { World } from "@trunkline/ports";
import { SimulatedCluster, demoCluster } from "@trunkline/simulator";
import { assemble } from "../access/assemble.ts";
import { localTokenFile } from "../access/running-service.ts";
import { inventoryOrNone, journalPath, stateFolder, usualFolder } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { note, printJson, printText } from "../output/print.ts";

export interface ServeOptions extends GlobalOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly simulated?: boolean;
  readonly seed?: string;
  readonly detach?: boolean;
  readonly stop?: boolean;
}

export async function serve(options: ServeOptions): Promise<void> {
  const config = configOf(options);
  const { folder, path } = servedJournal(options);
  if (options.simulated === true) forgetSimulation(path);
  const logger = createLogger({ ...config.log, clock: systemClock });
  const store = await openStore({ path, clock: systemClock, keptEvents: config.retention.events });
  let world: World | undefined;
  try {
    world = worldOf(options, config);
    await run({ options, config, folder, logger, store, world });
  } finally {
    await world?.close();
    await store.close();
  }
}

/** Where a service with these options keeps its memory. */
export function servedJournal(options: ServeOptions): { readonly folder: string; readonly path: string } {
  const folder = folderOf(options, configOf(options));
  return { folder, path: journalPath({ ...options, state: folder }) };
}

interface Serving {
  readonly options: ServeOptions;
  readonly config: ServiceConfig;
  readonly folder: string;
  readonly logger: Logger;
  readonly store: OpenStore;
  readonly world: World;
}

async function run({ options, config, folder, logger, store, world }: Serving): Promise<void> {
  let state = { isReady: false, why: "it is settling what an earlier process left" };
  // For commands of this machine: it dies with the process, and only who may read the store may read it.
  const local = mintCredential(
    { kind: "token", actor: "local", role: "admin", livesMs: null },
    systemClock,
    systemRandom,
  );
  const tls = tlsOf(config);
  const { service, app } = await assemble({
    world,
    store,
    as: "service",
    config,
    logger,
    passes: [local.record],
    readiness: () => state,
    ...(tls === undefined ? {} : { tls }),
  });
  const stopping = stopSignals(logger);
  try {
    const url = await listen(app, config.listen);
    writeSecret(localTokenFile(folder), local.secret);
    const adminToken = await firstToken(store);
    await service.start();
    state = { isReady: true, why: "" };
    // Commands find it from now on: before, it could only have told them to wait.
    await store.announce(url);
    tellStart({ options, folder, url, adminToken, world });
    logger.info({ url, hosts: world.inventory.hosts.length }, "the controller is ready");
    await stopping.first;
    state = { isReady: false, why: "it is stopping" };
    const left = service.underWay();
    const patienceMs = config.shutdown.waitForMovesMs;
    if (left.length > 0)
      logger.warn(
        { moves: left.map((move) => move.id) },
        `waiting up to ${patienceMs} ms for the moves of ${left.map((move) => move.vmName).join(", ")}; a second interrupt calls them off`,
      );
    await service.stop(AbortSignal.any([stopping.second, systemClock.deadline(patienceMs)]));
  } finally {
    stopping.release();
    rmSync(localTokenFile(folder), { force: true });
    await app.close();
  }
  logger.info("the controller has stopped");
}

function configOf(options: ServeOptions): ServiceConfig {
  const config = readConfig(options.config);
  const port = options.port === undefined ? config.listen.port : portOf(options.port);
  return { ...config, listen: { ...config.listen, host: options.host ?? config.listen.host, port } };
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new TrunklineError("usage.invalid", `--port ${text} is not a TCP port`);
}

function folderOf(options: ServeOptions, config: ServiceConfig): string {
  const named = options.state ?? config.stateFolder ?? process.env["TRUNKLINE_STATE"];
  if (options.simulated === true) return join(named ?? usualFolder(), "simulated");
  const inventory = options.inventory ?? config.inventory;
  return named ?? stateFolder({ ...options, ...(inventory === undefined ? {} : { inventory }) });
}

/** A simulated cluster begins anew with each start, and so does what is remembered of it. */
function forgetSimulation(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
}

function worldOf(options: ServeOptions, config: ServiceConfig): World {
  if (options.simulated !== true) return realWorld(inventoryOf(options, config));
  if (options.seed !== undefined && !/^\d{1,9}$/.test(options.seed))
    throw new TrunklineError("usage.invalid", `--seed ${options.seed} is not a whole number`);
  const seed = Number(options.seed ?? "1");
  return new SimulatedCluster({ ...demoCluster(seed), seed, clock: systemClock }).connect("controller").world;
}

/** A service may begin with no host at all: they are added by URI. */
function inventoryOf(options: ServeOptions, config: ServiceConfig): Inventory {
  if (config.inventory !== undefined && options.inventory === undefined) return readInventory(config.inventory);
  return inventoryOrNone(options);
}

function tlsOf({ listen: { tls } }: ServiceConfig): { readonly cert: string; readonly key: string } | undefined {
  if (tls === undefined) return undefined;
  try {
    return { cert: readFileSync(tls.certFile, "utf8"), key: readFileSync(tls.keyFile, "utf8") };
  } catch (cause) {
    throw new TrunklineError("listen.refused", `the certificate or its key could not be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** @returns the secret of the first start, which is shown once; undefined when there are accounts already. */
async function firstToken({ accounts }: OpenStore): Promise<string | undefined> {
  const known = (await accounts.users()).length + (await accounts.credentials()).length;
  if (known > 0) return undefined;
  return (await createAdminToken(accounts, "first-admin", systemClock, systemRandom)).secret;
}

function writeSecret(path: string, secret: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: "wx" });
  chmodSync(path, 0o600);
}

interface Started {
  readonly options: ServeOptions;
  readonly folder: string;
  readonly url: string;
  readonly adminToken: string | undefined;
  readonly world: World;
}

function tellStart({ options, folder, url, adminToken, world }: Started): void {
  const simulated = options.simulated === true;
  const hosts = world.inventory.hosts.map((host) => host.name);
  if (options.json === true) {
    printJson({ url, pid: process.pid, stateFolder: folder, simulated, hosts, adminToken: adminToken ?? null });
    return;
  }
  if (simulated)
    note("SIMULATION: hosts, virtual machines and traffic exist in this process only. Nothing real is touched.");
  if (adminToken !== undefined) {
    note("This is the first start. The token of the first admin, shown this once:");
    printText(adminToken);
  }
  note(`The controller answers at ${url} and keeps its memory in ${folder}.`);
  note(hosts.length === 0 ? "It knows no host yet: trunkline host add URI" : `Hosts: ${hosts.join(", ")}.`);
  if (simulated) note(`Commands reach it with: trunkline --state ${folder} vm list`);
}

interface StopSignals {
  readonly first: Promise<void>;
  readonly second: AbortSignal;
  release(): void;
}

function stopSignals(logger: Logger): StopSignals {
  const second = new AbortController();
  let count = 0;
  let onFirst: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    onFirst = resolve;
  });
  const onSignal = (name: NodeJS.Signals): void => {
    count += 1;
    logger.info({ signal: name }, count === 1 ? "the controller is stopping" : "moves under way are called off");
    if (count === 1) onFirst();
    else second.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    first,
    second: second.signal,
    release: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
