import { type ChildProcess, spawn } from 'node:child_process';
import { callerError, operationalError } from '@tidemark/kernel';
import { tailOf } from '@tidemark/embedded-postgres';
import { readableTail } from './log-tail.js';
import { type ProcessLedger, signal } from './process-ledger.js';
import type { RestartPolicy } from './restart-policy.js';
import { RotatingLog } from './rotating-log.js';

export interface ProcessPlan {
  readonly name: string;
  /** JavaScript file to run with this Node. */
  readonly script: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}

export interface ProcessSurroundings {
  readonly policy: RestartPolicy;
  readonly ledger: ProcessLedger;
  readonly say: (line: string) => void;
  /** Called once when restarts are used up. */
  readonly onGaveUp: (error: Error) => void;
}

const SHOWN_BYTES = 64 * 1024;
/** How a process ends that was given something wrong, an agent file for example: it would end so at every start. */
const REFUSED_EXIT_CODE = 2;

/**
 * One child that should always run. It gets a process group of its own, so that Ctrl-C in the terminal reaches only
 * the supervisor, which then stops its parts in order.
 */
export class ManagedProcess {
  private child: ChildProcess | undefined;
  private log: RotatingLog | undefined;
  private startedAt = 0;
  private restart: NodeJS.Timeout | undefined;
  private isStopping = false;
  private ended: Promise<void> = Promise.resolve();
  private killTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly plan: ProcessPlan,
    private readonly surroundings: ProcessSurroundings,
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    this.log ??= new RotatingLog(this.plan.logFile);
    this.startedAt = performance.now();
    const child = spawn(process.execPath, [this.plan.script], {
      cwd: this.plan.cwd,
      env: this.plan.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    const { log } = this;
    child.stdout.on('data', (chunk: Buffer) => log.write(chunk));
    child.stderr.on('data', (chunk: Buffer) => log.write(chunk));
    if (child.pid !== undefined) this.surroundings.ledger.add(this.plan.name, child.pid);
    this.ended = new Promise((resolve) => {
      // `close` follows `exit` once the output is read to its end, so the last log lines are complete.
      child.once('close', (code, killedBy) => {
        this.onEnd(code, killedBy);
        resolve();
      });
      child.once('error', (error) => log.write(Buffer.from(`cannot start ${this.plan.script}: ${error.message}\n`)));
      // What a process leaves behind in its group, a training for example, would hold its output open for ever.
      child.once('exit', () => this.killGroup());
    });
  }

  /** Ends the process for good: SIGTERM, and SIGKILL for its whole group after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.restart);
    const pid = this.runningPid();
    if (pid !== undefined) {
      signal(pid, 'SIGTERM');
      this.killTimer = setTimeout(() => this.hurry(), graceMs);
    }
    await this.ended;
    clearTimeout(this.killTimer);
    this.log?.close();
    this.log = undefined;
  }

  /** Cuts the wait of a `stop` short. */
  hurry(): void {
    if (!this.isStopping) return;
    if (this.runningPid() !== undefined) this.surroundings.say(`${this.plan.name} did not end in time and is killed`);
    this.killGroup();
  }

  /** The last lines of the log file, for a person who has to find out why the process ended. */
  lastLines(): string {
    return readableTail(tailOf(this.plan.logFile, SHOWN_BYTES));
  }

  private runningPid(): number | undefined {
    const { child } = this;
    return child && child.exitCode === null && child.signalCode === null ? child.pid : undefined;
  }

  private killGroup(): void {
    if (this.child?.pid !== undefined) signal(-this.child.pid, 'SIGKILL');
  }

  private onEnd(code: number | null, killedBy: NodeJS.Signals | null): void {
    this.surroundings.ledger.remove(this.plan.name);
    if (this.isStopping) return;
    const { name, logFile } = this.plan;
    if (code === REFUSED_EXIT_CODE) {
      const message = `${name} cannot run with what it was given. Its log (${logFile}) says:\n${this.lastLines()}`;
      this.surroundings.onGaveUp(callerError('PROCESS_REFUSED_TO_START', message, { details: { name, logFile } }));
      return;
    }
    const how = killedBy ? `was ended by ${killedBy}` : `ended with exit code ${code ?? 'unknown'}`;
    const pauseMs = this.surroundings.policy.next(performance.now() - this.startedAt);
    if (pauseMs === undefined) {
      const message = `${name} keeps failing: it ${how} again, and is not started any more. Its log (${logFile}) ends:\n${this.lastLines()}`;
      this.surroundings.onGaveUp(operationalError('PROCESS_KEEPS_FAILING', message, { details: { name, logFile } }));
      return;
    }
    this.surroundings.say(`${name} ${how}; it is started again in ${pauseMs / 1000} s (log: ${logFile})`);
    this.restart = setTimeout(() => this.start(), pauseMs);
  }
}
