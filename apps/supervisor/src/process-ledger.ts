import { readJsonIfPresent, isRunning, startToken, waitForExit, writePrivateFile } from '@tidemark/embedded-postgres';

interface Entry {
  readonly name: string;
  readonly pid: number;
  readonly startToken: string;
}

const GRACE_MS = 10_000;

/**
 * Which processes were started for a data folder, on disk: after a SIGKILL of the supervisor the next start finds the
 * ones that still run and stops them, since they hold the port and talk to the database.
 */
export class ProcessLedger {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly file: string) {}

  add(name: string, pid: number): void {
    this.entries.set(name, { name, pid, startToken: startToken(pid) ?? '' });
    this.save();
  }

  remove(name: string): void {
    this.entries.delete(name);
    this.save();
  }

  /** Stops what an earlier supervisor left behind; returns the names of what was still running. */
  async stopLeftovers(): Promise<string[]> {
    const known = readJsonIfPresent(this.file);
    const left = (Array.isArray(known) ? known : []).filter(isEntry).filter(stillRuns);
    for (const entry of left) await stopGroup(entry.pid, GRACE_MS);
    this.save();
    return left.map((entry) => entry.name);
  }

  private save(): void {
    writePrivateFile(this.file, `${JSON.stringify([...this.entries.values()], undefined, 2)}\n`);
  }
}

/** Asks the process to end, then ends whatever is left of its group. */
export async function stopGroup(pid: number, graceMs: number): Promise<void> {
  if (isRunning(pid)) {
    signal(pid, 'SIGTERM');
    await waitForExit(pid, graceMs);
  }
  signal(-pid, 'SIGKILL');
  await waitForExit(pid, GRACE_MS);
}

/** Sends a signal to a process, or with a negative number to its group; a process that is gone is no error. */
export function signal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Partial<Entry> | null;
  return (
    typeof entry?.pid === 'number' &&
    entry.pid > 1 &&
    typeof entry.name === 'string' &&
    typeof entry.startToken === 'string'
  );
}

function stillRuns(entry: Entry): boolean {
  return isRunning(entry.pid) && startToken(entry.pid) === entry.startToken;
}
