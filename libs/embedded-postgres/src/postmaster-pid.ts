import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfPresent } from './private-files.js';
import { commandLine, isRunning } from './process-identity.js';

/** What a `postmaster.pid` in the cluster says about an earlier server. */
export type Leftover =
  | { readonly kind: 'none' }
  | { readonly kind: 'stale'; readonly pid: number | undefined; readonly reason: string }
  | { readonly kind: 'running'; readonly pid: number; readonly port: number | undefined };

// Line numbers of the file, PostgreSQL's miscadmin.h (LOCK_FILE_LINE_*), counted from zero.
const PID_LINE = 0;
const PORT_LINE = 3;

export function postmasterPidFile(cluster: string): string {
  return join(cluster, 'postmaster.pid');
}

/**
 * Tells a live server of this very cluster from a file left by one that was killed. A pid alone is no proof: it may
 * belong to another program by now, and PostgreSQL would then refuse to start.
 */
export function inspectLeftover(cluster: string): Leftover {
  const text = readIfPresent(postmasterPidFile(cluster));
  if (text === undefined) return { kind: 'none' };
  const lines = text.split('\n');
  const pid = Number(lines[PID_LINE]);
  if (!Number.isInteger(pid) || pid <= 0) return { kind: 'stale', pid: undefined, reason: 'the file names no process' };
  if (!isRunning(pid)) return { kind: 'stale', pid, reason: `process ${pid} is gone` };
  const command = commandLine(pid);
  // An unreadable command line proves nothing either way: two servers on one cluster would be worse than a refusal.
  if (command !== undefined && !command.includes(cluster)) {
    return { kind: 'stale', pid, reason: `process ${pid} is another program` };
  }
  const port = Number(lines[PORT_LINE]);
  return { kind: 'running', pid, port: Number.isInteger(port) && port > 0 ? port : undefined };
}

/** Above every system's highest process id, so no process can have it. */
const NO_PROCESS = 2 ** 22 + 1;

/**
 * Makes the file name no living process, which lets PostgreSQL start. The file itself stays: its shared memory key is
 * how PostgreSQL finds out that sessions of the dead server are still running, and removing it would let two servers
 * write the same data.
 */
export function retirePidFile(cluster: string): void {
  const file = postmasterPidFile(cluster);
  const lines = readIfPresent(file)?.split('\n');
  if (lines === undefined) return;
  lines[PID_LINE] = String(NO_PROCESS);
  writeFileSync(file, lines.join('\n'));
}
