import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { trainerEventSchema, type TrainerEvent } from '@tidemark/contracts';
import { TidemarkError, callerError, defect, operationalError, type ErrorFamily } from '@tidemark/kernel';
import type { TrainerJob } from './trainer-jobs.js';

/** Grace between SIGTERM and SIGKILL: the contract promises an end within one second. */
const KILL_AFTER_MS = 2_000;
/** The trainer limits itself; this much later we end it from outside. */
const TIME_LIMIT_MARGIN_MS = 10_000;
/** How long output is still read after the end, should something else hold the pipes open. */
const OUTPUT_AFTER_EXIT_MS = 1_000;
/** Characters of standard error kept for an error message. */
const STDERR_TAIL = 2_000;
/** Characters of a line that is not an event shown in the job's log. */
const SHOWN_LINE = 200;

/**
 * Which family a trainer's failure code belongs to; a code that is not here is a defect. CANCELLED arrives here only
 * when somebody else stopped the trainer (a Ctrl-C that reaches the whole process group): worth another attempt.
 */
const FAILURE_FAMILY: Readonly<Record<string, ErrorFamily>> = {
  INVALID_JOB: 'caller',
  INVALID_DATA: 'caller',
  INSUFFICIENT_DATA: 'caller',
  TIME_LIMIT: 'caller',
  MEMORY_LIMIT: 'caller',
  CANCELLED: 'operational',
};

export interface TrainerRun {
  readonly trainer: string;
  /** The job as the trainer contract has it; written to `<outputDir>/<name>.job.json`. */
  readonly job: TrainerJob;
  readonly name: string;
  readonly signal: AbortSignal;
  /** Called for one event after the other; a rejection stops the trainer and fails the run. */
  onEvent(event: TrainerEvent): Promise<void>;
  /** Grace that the trainer has beyond its own time limit; default 10 s. */
  readonly timeLimitMarginMs?: number;
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Runs the trainer as a child process by the trainer contract and resolves when it is done. A crash, a limit or a
 * cancelled run rejects with a code; the process that serves is never touched. An abort rejects with its reason.
 */
export async function runTrainer(run: TrainerRun): Promise<void> {
  run.signal.throwIfAborted();
  const jobPath = join(run.job.outputDir, `${run.name}.job.json`);
  await writeFile(jobPath, JSON.stringify(run.job, null, 2));
  await new TrainerChild(run, jobPath).completion();
}

class TrainerChild {
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;
  private readonly exit: Promise<Exit>;
  private handled: Promise<void> = Promise.resolve();
  private refusal: { readonly error: unknown } | undefined;
  private failed: Extract<TrainerEvent, { event: 'failed' }> | undefined;
  private isDone = false;
  private isOverTime = false;
  private stderr = '';
  private killing: NodeJS.Timeout | undefined;

  constructor(
    private readonly run: TrainerRun,
    jobPath: string,
  ) {
    this.child = spawn(run.trainer, [jobPath], { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
    this.exit = this.watchExit();
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_TAIL);
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.receive(line));
  }

  async completion(): Promise<void> {
    const { signal, job, timeLimitMarginMs = TIME_LIMIT_MARGIN_MS } = this.run;
    const stop = (): void => this.stop();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const limit = setTimeout(() => this.endOverTime(), job.limits.timeoutS * 1_000 + timeLimitMarginMs);
    try {
      const exit = await this.exit;
      await this.handled;
      signal.throwIfAborted();
      this.judge(exit);
    } finally {
      clearTimeout(limit);
      clearTimeout(this.killing);
      signal.removeEventListener('abort', stop);
    }
  }

  private watchExit(): Promise<Exit> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      child.once('error', (error) => reject(notStarted(this.run.trainer, error)));
      child.once('close', (code, signal) => resolve({ code, signal }));
      child.once('exit', () => {
        setTimeout(() => [child.stdout, child.stderr].forEach((pipe) => pipe.destroy()), OUTPUT_AFTER_EXIT_MS).unref();
      });
    });
  }

  private stop(): void {
    this.child.kill('SIGTERM');
    this.killing ??= setTimeout(() => this.child.kill('SIGKILL'), KILL_AFTER_MS);
  }

  private endOverTime(): void {
    this.isOverTime = true;
    this.stop();
  }

  private receive(line: string): void {
    const event = parseEvent(line);
    if (event?.event === 'failed') this.failed = event;
    if (event?.event === 'done') this.isDone = true;
    const noted = event ?? {
      event: 'log' as const,
      level: 'warn',
      message: `not an event: ${line.slice(0, SHOWN_LINE)}`,
    };
    this.handled = this.handled.then(() => this.pass(noted));
  }

  private async pass(event: TrainerEvent): Promise<void> {
    if (this.refusal !== undefined) return;
    try {
      await this.run.onEvent(event);
    } catch (error) {
      this.refusal = { error };
      this.stop();
    }
  }

  private judge(exit: Exit): void {
    if (this.refusal !== undefined) throw this.refusal.error;
    if (this.isOverTime) throw overTime(this.run.job.limits.timeoutS);
    const { failed } = this;
    if (failed !== undefined) {
      throw new TidemarkError(`TRAINING_${failed.code}`, FAILURE_FAMILY[failed.code] ?? 'defect', failed.message);
    }
    if (exit.code !== 0) throw crashed(exit, this.stderr);
    if (!this.isDone) {
      throw defect('TRAINER_CONTRACT_BROKEN', `${this.run.trainer} ended with status 0 without the event "done".`);
    }
  }
}

function parseEvent(line: string): TrainerEvent | undefined {
  try {
    return trainerEventSchema.safeParse(JSON.parse(line)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function crashed(exit: Exit, stderr: string): TidemarkError {
  const how = exit.signal === null ? `exit status ${exit.code}` : `signal ${exit.signal}`;
  return operationalError('TRAINING_CRASHED', `The trainer ended with ${how} and no reason. ${stderr}`.trim());
}

function overTime(timeoutS: number): TidemarkError {
  return callerError('TRAINING_TIME_LIMIT', `The trainer was ended: it ran past its limit of ${timeoutS} s.`);
}

function notStarted(path: string, cause: Error): TidemarkError {
  const isMissing = 'code' in cause && cause.code === 'ENOENT';
  return isMissing
    ? callerError(
        'TRAINER_MISSING',
        `There is no trainer at ${path}: build it with npm run build, or set TIDEMARK_TRAINER.`,
        { cause },
      )
    : callerError('TRAINER_NOT_STARTED', `The trainer ${path} could not be started: ${cause.message}`, { cause });
}
