import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { locateBinaries } from './binaries.js';
import { checkVersion, clusterExists, clusterOf, initialiseCluster } from './cluster.js';
import { prepareDataFolder } from './data-folder.js';
import { DataFolderLock } from './data-folder-lock.js';
import { serverError, setupError } from './embedded-postgres.errors.js';
import { type Placement, CLUSTER, outsideHome, place } from './placement.js';
import { freePort, isPortFree } from './ports.js';
import { inspectLeftover, retirePidFile } from './postmaster-pid.js';
import { readIfPresent, readJsonIfPresent, writePrivateFile } from './private-files.js';
import { isRunning } from './process-identity.js';
import { pruneServerLogs, serverLogTail } from './server-logs.js';
import {
  type StopPatience,
  connectionUrl,
  launchServer,
  servedCluster,
  stopServer,
  waitUntilReady,
  withConnection,
} from './server.js';

const DEFAULT_PORT = 54_320;
const START_ATTEMPTS = 4;
const READY_TIMEOUT_MS = 60_000;
const RECOVERY_PAUSE_MS = 1_000;
const PRUNE_INTERVAL_MS = 10 * 60_000;

export interface EmbeddedPostgresOptions {
  /** Folder for everything this instance keeps; made when missing, refused when it holds somebody else's files. */
  readonly dataDir: string;
  /** Root of the clone; names the place outside it when the server's account cannot enter it. */
  readonly projectRoot: string;
  readonly database?: string;
  /** Wanted port of a new cluster; a taken one is replaced, and the one in use is remembered. */
  readonly port?: number;
  /** False gives up crash safety for speed: tests only. */
  readonly durable?: boolean;
  /** Parent of what cannot stay in the clone when started as root. */
  readonly systemDir?: string;
  /** Receives what an operator should know, one line each. */
  readonly say?: (line: string) => void;
}

export interface RunningPostgres {
  /** Holds the password: never log it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly home: string;
  /** True when a server left by an earlier, killed process was taken over. */
  readonly adopted: boolean;
}

/**
 * PostgreSQL for one data folder. `start` may be called again after the server died; the lock is held from the first
 * `start` to `stop`. The server outlives a killed process on purpose: the next `start` adopts it.
 */
export class EmbeddedPostgres {
  private lock: DataFolderLock | undefined;
  private running: RunningPostgres | undefined;
  private pruning: NodeJS.Timeout | undefined;

  constructor(private readonly options: EmbeddedPostgresOptions) {}

  async start(): Promise<RunningPostgres> {
    const dataDir = prepareDataFolder(this.options.dataDir);
    const ownsLock = this.lock === undefined;
    this.lock ??= DataFolderLock.acquire(join(dataDir, 'postgres.lock'), 'embedded PostgreSQL');
    try {
      this.running = await this.startLocked(dataDir);
      writeState(dataDir, this.running);
      return this.running;
    } catch (error) {
      if (ownsLock) this.releaseLock();
      throw error;
    }
  }

  /** True while the server process that `start` returned is there. */
  isAlive(): boolean {
    return this.running !== undefined && isRunning(this.running.pid);
  }

  /** Ends the server and gives the data folder free. */
  async stop(patience?: StopPatience): Promise<void> {
    if (this.running) await stopServer(this.running.pid, patience);
    this.running = undefined;
    this.releaseLock();
  }

  private releaseLock(): void {
    clearInterval(this.pruning);
    this.lock?.release();
    this.lock = undefined;
  }

  private async startLocked(dataDir: string): Promise<RunningPostgres> {
    const placement = place({
      dataDir,
      projectRoot: this.options.projectRoot,
      binaries: locateBinaries(),
      systemDir: this.options.systemDir ?? SYSTEM_DIR,
    });
    for (const note of placement.notes) this.say(note);
    const cluster = clusterOf(placement);
    const password = passwordFor(dataDir, clusterExists(cluster));
    const adopted = await this.adoptLeftover(placement, password);
    if (!clusterExists(cluster)) await initialiseCluster(placement, password, this.options.durable ?? true);
    checkVersion(cluster, placement.binaries.version);
    const server =
      adopted ?? (await this.launch(placement, password, rememberedPort(dataDir) ?? this.options.port ?? DEFAULT_PORT));
    const database = this.options.database ?? 'tidemark';
    await ensureDatabase(connectionUrl(server.port, password, 'postgres'), database);
    this.keepLogsShort(join(placement.home, 'logs'));
    return {
      ...server,
      url: connectionUrl(server.port, password, database),
      home: placement.home,
      adopted: adopted !== undefined,
    };
  }

  /** Takes over a server that answers; stops one that does not; clears the file of one that is gone. */
  private async adoptLeftover(
    placement: Placement,
    password: string,
  ): Promise<{ pid: number; port: number } | undefined> {
    const cluster = clusterOf(placement);
    const leftover = inspectLeftover(cluster);
    if (leftover.kind === 'none') return undefined;
    if (leftover.kind === 'stale') {
      this.say(`an earlier PostgreSQL did not end cleanly (${leftover.reason}); it recovers now`);
      retirePidFile(cluster);
      return undefined;
    }
    const { pid, port } = leftover;
    if (port !== undefined && (await servedCluster(connectionUrl(port, password, 'postgres'))) === cluster) {
      this.say(`PostgreSQL (process ${pid}) still runs from an earlier start and is taken over`);
      return { pid, port };
    }
    this.say(`PostgreSQL (process ${pid}) still runs from an earlier start but does not answer; it is stopped`);
    await stopServer(pid);
    retirePidFile(cluster);
    return undefined;
  }

  private async launch(
    placement: Placement,
    password: string,
    wantedPort: number,
  ): Promise<{ pid: number; port: number }> {
    const cluster = clusterOf(placement);
    const isRecovering = inspectLeftover(cluster).kind !== 'none';
    let tail = '';
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
      const port = await freePort(wantedPort);
      if (port !== wantedPort) this.say(`port ${wantedPort} is in use; PostgreSQL takes ${port}`);
      const server = launchServer(placement, port, this.options.durable ?? true);
      const ready = await this.orStop(
        server.pid,
        waitUntilReady(server, connectionUrl(port, password, 'postgres'), cluster, READY_TIMEOUT_MS),
      );
      if (ready) return { pid: server.pid, port };
      tail = serverLogTail(server.logFolder, server.startupLog);
      // Another try helps when another program took the port between the probe and the start, and while sessions of a
      // killed server are still ending.
      if (isRecovering) await delay(RECOVERY_PAUSE_MS);
      else if (await isPortFree(port)) break;
    }
    throw serverError('EMBEDDED_POSTGRES_START_FAILED', `PostgreSQL ended while starting; its log ends:\n${tail}`);
  }

  private async orStop<T>(pid: number, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      await stopServer(pid);
      throw error;
    }
  }

  private keepLogsShort(folder: string): void {
    clearInterval(this.pruning);
    this.pruning = setInterval(() => this.pruneLogs(folder), PRUNE_INTERVAL_MS);
    this.pruning.unref();
  }

  private pruneLogs(folder: string): void {
    try {
      pruneServerLogs(folder);
    } catch (error) {
      // Old log files left behind must not end the process that keeps the database running.
      this.say(`old log files in ${folder} could not be removed: ${String(error)}`);
    }
  }

  private say(line: string): void {
    this.options.say?.(line);
  }
}

const SYSTEM_DIR = '/var/lib/tidemark';

/** Removes the database of a data folder wherever it lies. Its server must have been stopped; the lock is the caller's. */
export async function eraseCluster(
  options: Pick<EmbeddedPostgresOptions, 'dataDir' | 'projectRoot' | 'systemDir'>,
): Promise<void> {
  const dataDir = realpathSync(options.dataDir);
  const outside = outsideHome({
    dataDir,
    projectRoot: options.projectRoot,
    systemDir: options.systemDir ?? SYSTEM_DIR,
  });
  for (const home of [join(dataDir, 'postgres'), outside]) {
    if (!existsSync(home)) continue;
    const leftover = inspectLeftover(join(home, CLUSTER));
    if (leftover.kind === 'running') await stopServer(leftover.pid);
    rmSync(home, { recursive: true, force: true });
  }
}

function passwordFor(dataDir: string, clusterIsThere: boolean): string {
  const file = join(dataDir, 'postgres-password');
  const known = readIfPresent(file)?.trim();
  if (known) return known;
  if (clusterIsThere) {
    throw setupError(
      'EMBEDDED_POSTGRES_PASSWORD_LOST',
      `${file} is missing, and the database needs it: put it back, or start over with --fresh`,
      { file },
    );
  }
  const password = randomBytes(24).toString('base64url');
  writePrivateFile(file, `${password}\n`);
  return password;
}

function stateFile(dataDir: string): string {
  return join(dataDir, 'postgres.json');
}

function rememberedPort(dataDir: string): number | undefined {
  const state = readJsonIfPresent(stateFile(dataDir)) as { port?: unknown } | undefined;
  return typeof state?.port === 'number' ? state.port : undefined;
}

function writeState(dataDir: string, running: RunningPostgres): void {
  const { url, port, pid, home } = running;
  writePrivateFile(stateFile(dataDir), `${JSON.stringify({ url, port, pid, home }, undefined, 2)}\n`);
}

async function ensureDatabase(url: string, database: string): Promise<void> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(database)) {
    throw setupError(
      'EMBEDDED_POSTGRES_START_FAILED',
      `expected a database name of lower-case letters, digits and _, got ${database}`,
    );
  }
  await withConnection(url, async (client) => {
    const known = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (known.rowCount === 0) await client.query(`CREATE DATABASE "${database}"`);
  });
}
