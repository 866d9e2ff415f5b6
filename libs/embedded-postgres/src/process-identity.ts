import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 25;

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process is gone, or this system has no /proc: the callers fall back to `ps`.
    return undefined;
  }
}

function askPs(pid: number, column: 'lstart' | 'command' | 'state'): string | undefined {
  const answer = spawnSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' });
  const text = answer.status === 0 ? answer.stdout.trim() : '';
  return text === '' ? undefined : text;
}

/** Fields of /proc/<pid>/stat after the command name, which may itself hold spaces and brackets. */
function statFields(pid: number): string[] | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** True while the process runs. A zombie counts as gone: nobody may ever reap it in a container without an init. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const state = statFields(pid)?.[0] ?? (process.platform === 'linux' ? undefined : askPs(pid, 'state'));
  return !state?.startsWith('Z');
}

/**
 * A token that tells this process from a later one with the same pid: boot id and start tick on Linux, the start
 * time elsewhere. Undefined when the process is gone.
 */
export function startToken(pid: number): string | undefined {
  const startTick = statFields(pid)?.[19];
  if (startTick !== undefined)
    return `${readOrUndefined('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}:${startTick}`;
  return process.platform === 'linux' ? undefined : askPs(pid, 'lstart');
}

/** The command line with single spaces; undefined when it cannot be read. */
export function commandLine(pid: number): string | undefined {
  const raw = readOrUndefined(`/proc/${pid}/cmdline`);
  if (raw !== undefined && raw !== '') return raw.split('\0').join(' ').trim();
  return process.platform === 'linux' ? undefined : askPs(pid, 'command');
}

/** Resolves to true once the process is gone, to false when it is still there after `timeoutMs`. */
export async function waitForExit(pid: number, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (isRunning(pid)) {
    if (performance.now() >= end) return false;
    await delay(POLL_MS);
  }
  return true;
}
