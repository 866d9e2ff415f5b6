import { jobSchema, type Job } from '@tidemark/contracts';
import { TidemarkError, callerError, isTidemarkError } from '@tidemark/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { route, type Reply } from '../api/api-client.js';
import type { Session } from '../session.js';

/** Exit code of a command that Ctrl-C ended before the work it followed was over (128 + SIGINT). */
export const EXIT_DETACHED = 130;

/** How long the API may be away (it may be restarting) before following ends. */
const PATIENCE_MS = 60_000;

export interface Followed<T> {
  readonly first: Reply<T>;
  read(): Promise<Reply<T>>;
  isDone(value: T): boolean;
  /** Called for every state on the way, the last one too. */
  onState(value: T): void | Promise<void>;
  /** Lines that tell somebody who leaves early how to stop the work and how to come back. */
  readonly onDetach: readonly string[];
}

/** Looks again and again until the work is done; undefined when Ctrl-C ended the looking, which stops nothing. */
export async function follow<T>(session: Session, followed: Followed<T>): Promise<Reply<T> | undefined> {
  const interrupt = new AbortController();
  const release = session.io.onInterrupt(() => interrupt.abort());
  const look = async (): Promise<Reply<T>> => {
    const reply = await followed.read();
    await followed.onState(reply.value);
    return reply;
  };
  try {
    let reply: Reply<T> | undefined = followed.first;
    await followed.onState(reply.value);
    while (!followed.isDone(reply.value)) {
      await pause(session.io.pollMs, interrupt.signal);
      reply = await patiently(look, session.io.pollMs, interrupt.signal);
      if (reply === undefined) return detach(session, followed.onDetach);
    }
    return reply;
  } finally {
    release();
    session.progress.clear();
  }
}

/** Follows a job on the progress line. */
export async function followJob(session: Session, first: Reply<Job>): Promise<Reply<Job> | undefined> {
  const { id } = first.value;
  return follow(session, {
    first,
    read: () => session.api.get(route`jobs/${id}`, jobSchema),
    isDone: isEnded,
    onState: ({ kind, agent, state, progress }) => {
      session.progress.show(
        progress.fraction,
        `${kind} ${agent}: ${progress.message === '' ? state : progress.message}`,
      );
    },
    onDetach: [
      `The job goes on. Stop it with \`npx tidemark jobs cancel ${id}\`,`,
      `see it with \`npx tidemark jobs logs ${id} --follow\`.`,
    ],
  });
}

export function isEnded({ state }: Job): boolean {
  return state !== 'queued' && state !== 'running';
}

/** Throws what made a job end without success, under the job's own code. */
export function requireSuccess(job: Job): void {
  if (job.state === 'succeeded') return;
  const details = { jobId: job.id };
  if (job.state === 'cancelled') throw callerError('JOB_CANCELLED', `Job ${job.id} was cancelled.`, { details });
  const { code, message } = job.error ?? { code: 'JOB_FAILED', message: 'the job says no reason' };
  throw new TidemarkError(code, 'operational', `${message} (\`npx tidemark jobs logs ${job.id}\` has the log)`, {
    details,
  });
}

/** What every started job can be told to do next. */
export function startedLines(job: Job): string[] {
  return [
    `Job ${job.id} is ${job.state}.`,
    `  npx tidemark jobs logs ${job.id} --follow`,
    `  npx tidemark jobs cancel ${job.id}`,
  ];
}

function detach(session: Session, lines: readonly string[]): undefined {
  session.progress.clear();
  for (const line of lines) session.output.note(line);
  session.exitCode = EXIT_DETACHED;
  return undefined;
}

/** Ends early, without a throw, when interrupted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** Asks again while the API is away; undefined once interrupted. */
async function patiently<T>(ask: () => Promise<T>, pollMs: number, interrupt: AbortSignal): Promise<T | undefined> {
  const end = performance.now() + PATIENCE_MS;
  while (!interrupt.aborted) {
    try {
      return await ask();
    } catch (error) {
      if (!isTidemarkError(error) || !error.retryable || performance.now() >= end) throw error;
      await pause(pollMs, interrupt);
    }
  }
  return undefined;
}
