import { execFile } from 'node:child_process';
import { chownSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { spawnAs } from './account.js';
import { executable } from './binaries.js';
import { serverError, setupError } from './embedded-postgres.errors.js';
import { CLUSTER, type Placement } from './placement.js';
import { readIfPresent } from './private-files.js';
import { hasUserEntry, withUserEntryShim } from './user-entry-shim.js';

const execute = promisify(execFile);

export const SUPERUSER = 'tidemark';

/** Nothing of our own environment reaches the server: PG* variables and locales would change what it does. */
export const SERVER_ENV: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

export function clusterOf(placement: Pick<Placement, 'home'>): string {
  return join(placement.home, CLUSTER);
}

export function clusterExists(cluster: string): boolean {
  return existsSync(join(cluster, 'PG_VERSION'));
}

/** Refuses a cluster written by another major version, which the binaries could not read. */
export function checkVersion(cluster: string, binariesVersion: string): void {
  const written = readIfPresent(join(cluster, 'PG_VERSION'))?.trim() ?? '';
  const major = binariesVersion.split('.')[0] ?? '';
  if (written === major) return;
  throw setupError(
    'EMBEDDED_POSTGRES_WRONG_VERSION',
    `the data in ${cluster} were written by PostgreSQL ${written}, the installed version is ${major}: ` +
      'dump them with the old version and load them with the new one, or start over with --fresh',
    { cluster, written, installed: major },
  );
}

/**
 * Makes the cluster under a working name and renames it at the end, so that an interrupted initdb leaves nothing that
 * looks like a cluster. `durable` false skips the final sync (tests only).
 */
export async function initialiseCluster(placement: Placement, password: string, durable: boolean): Promise<void> {
  const draft = join(placement.home, 'cluster.new');
  const passwordFile = join(placement.home, 'initdb-password');
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (placement.account) chownSync(passwordFile, placement.account.uid, placement.account.gid);
  try {
    const args = initdbArguments(draft, passwordFile, durable);
    const run = (preload: Record<string, string>): Promise<void> => runInitdb(placement, args, preload);
    if (placement.account !== undefined || hasUserEntry()) await run({});
    else await withUserEntryShim(placement.home, (library) => run({ LD_PRELOAD: library }));
    renameSync(draft, clusterOf(placement));
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

function initdbArguments(folder: string, passwordFile: string, durable: boolean): string[] {
  const args = ['-D', folder, '-U', SUPERUSER, `--pwfile=${passwordFile}`];
  args.push('--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--no-instructions');
  return durable ? args : [...args, '--no-sync'];
}

async function runInitdb(placement: Placement, args: string[], preload: Record<string, string>): Promise<void> {
  try {
    await execute(executable(placement.binaries, 'initdb'), args, {
      ...spawnAs(placement.account),
      env: { ...SERVER_ENV, ...preload },
      timeout: 120_000,
    });
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw serverError(
      'EMBEDDED_POSTGRES_INITDB_FAILED',
      `initdb could not make the database in ${placement.home}: ${stderr?.trim() ?? String(cause)}`,
      cause,
    );
  }
}
