import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { eventually } from '@tidemark/testing';

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const LOG_TAIL = 3_000;
const READY_MS = 30_000;

/** A Node process of the installation, with its output in a file. */
export class ManagedProcess {
  readonly exited: Promise<ProcessExit>;
  private readonly child: ChildProcess;
  private isOver = false;

  constructor(
    private readonly name: string,
    /** Script and arguments. */
    command: readonly string[],
    env: Readonly<Record<string, string>>,
    private readonly logFile: string,
  ) {
    const output = openSync(logFile, 'a');
    this.child = spawn(process.execPath, [...command], { env, stdio: ['ignore', output, output] });
    closeSync(output);
    this.exited = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('exit', (code, signal) => {
        this.isOver = true;
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return !this.isOver;
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** Waits until `probe` says so; fails with the end of the log when the process ends or time is up. */
  async ready(probe: () => Promise<boolean>): Promise<void> {
    const check = async (): Promise<boolean> => this.isOver || (await probe());
    const isReady = await eventually(check, { timeoutMs: READY_MS, intervalMs: 50 }).catch(() => false);
    if (isReady && !this.isOver) return;
    throw new Error(`${this.name} did not get ready; its log ends:\n${this.log().slice(-LOG_TAIL)}`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessExit> {
    if (!this.isOver) this.child.kill(signal);
    return this.exited;
  }
}
