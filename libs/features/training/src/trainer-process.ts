import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { trainerEventSchema, type TrainerEvent } from '@tidemark/contracts';
import { TidemarkError, callerError, defect, operationalError, type ErrorFamily } from '@tidemark/kernel';

/** Grace between SIGTERM and SIGKILL: the contract promises an end within one second. */
const KILL_AFTER_MS = 2_000;
/** The trainer limits itself; this much later we end it from outside. */
const TIME_LIMIT_MARGIN_MS = 10_000;
/** Characters of standard error kept for an error message. */
const STDERR_TAIL = 2_000;

/** Which family a trainer's failure code belongs to: only our own defects and the operator's kill are retried. */
const FAILURE_FAMILY: Readonly<Record<string, ErrorFamily>> = {
  INVALID_JOB: 'caller',
  INVALID_DATA: 'caller',
  INSUFFICIENT_DATA: 'caller',
  CANCELLED: 'caller',
  TIME_LIMIT: 'caller',
  MEMORY_LIMIT: 'caller',
};

export interface TrainerRun {
  readonly trainer: string;
  /** The job as the trainer contract has it; written to `<outputDir>/<name>.job.json`. */
  readonly job: { readonly outputDir: string; readonly limits: { readonly timeoutS: number } } & Record<string, unknown>;
  readonly name: string;
  readonly signal: AbortSignal;
  /** Called for one event after the other; a rejection fails the run. */
  onEvent(event: TrainerEvent): Promise<void>;
}

/**
 * Runs the trainer as a child process by the trainer contract and resolves when it is done. A crash, a limit or a
 * cancelled run rejects with a code; the process that serves is never touched.
 */
export async function runTrainer(run: TrainerRun): Promise<void> {
  run.signal.throwIfAborted();
  const jobPath = join(run.job.outputDir, `${run.name}.job.json`);
  await writeFile(jobPath, JSON.stringify(run.job, null, 2));
  const child = spawn(run.trainer, [jobPath], { stdio: ['ignore', 'pipe', 'pipe'], env: {}, detached: false });
  const stop = (): void => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
  };
  run.signal.addEventListener('abort', stop, { once: true });
  const limit = setTimeout(stop, run.job.limits.timeoutS * 1_000 + TIME_LIMIT_MARGIN_MS);
  let failed: Extract<TrainerEvent, { event: 'failed' }> | undefined;
  let stderr = '';
  let handled = Promise.resolve();
  const handle = (event: TrainerEvent): void => void (handled = handled.then(() => run.onEvent(event)));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr = (stderr + chunk).slice(-STDERR_TAIL)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = parseEvent(line);
    if (event === undefined) return handle({ event: 'log', level: 'warn', message: `not an event: ${line.slice(0, 200)}` });
    if (event.event === 'failed') failed = event;
    handle(event);
  });
  try {
    const exit = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
      child.once('error', (error) => reject(trainerMissing(run.trainer, error)));
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    await handled;
    if (exit.code !== 0) throw failure(failed, exit, stderr);
  } finally {
    clearTimeout(limit);
    run.signal.removeEventListener('abort', stop);
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

function failure(
  failed: { code: string; message: string } | undefined,
  exit: { code: number | null; signal: NodeJS.Signals | null },
  stderr: string,
): TidemarkError {
  if (failed !== undefined) {
    const code = `TRAINING_${failed.code}`;
    return new TidemarkError(code, FAILURE_FAMILY[failed.code] ?? 'defect', failed.message);
  }
  const how = exit.signal === null ? `exit status ${exit.code}` : `signal ${exit.signal}`;
  return operationalError('TRAINING_CRASHED', `The trainer ended with ${how} and no reason. ${stderr}`.trim());
}

function trainerMissing(path: string, cause: Error): TidemarkError {
  const isMissing = 'code' in cause && cause.code === 'ENOENT';
  return isMissing
    ? callerError('TRAINER_MISSING', `There is no trainer at ${path}: build it with npm run build, or set TIDEMARK_TRAINER.`, { cause })
    : defect('TRAINER_NOT_STARTED', `The trainer ${path} could not be started: ${cause.message}`, { cause });
}
