import { setTimeout as delay } from 'node:timers/promises';
import type { MainJob } from '@tidemark/contracts';
import { isTidemarkError, toTidemarkError } from '@tidemark/kernel';
import type { ApiClient } from './api-client.js';
import type { Screen } from './screen.js';

const POLL_MS = 500;
/** How long the api may be away (it may be restarting) before the wait ends. */
const PATIENCE_MS = 60_000;

export interface MainJobOptions {
  /** Whether it may be started when there is no result yet. */
  readonly mayRun: boolean;
  readonly apiUrl: string;
}

/**
 * Shows the stored result, or runs the main job with live progress and shows what came out. Returns false when the job
 * failed; the failure is printed, and serving goes on.
 */
export async function showMainJob(
  client: ApiClient,
  screen: Screen,
  stopped: AbortSignal,
  { mayRun, apiUrl }: MainJobOptions,
): Promise<boolean> {
  let job = await patiently(() => client.mainJob(), stopped);
  const isStored = job.state === 'succeeded';
  if (!isStored && !mayRun) return true;
  if (job.state === 'none' || job.state === 'failed') {
    screen.line('Running the main job: the history bar by bar: score, watch, decide, train, gate, promote or keep');
    job = await patiently(() => client.startMainJob(), stopped);
  } else if (job.state === 'running') {
    screen.line('The main job was begun at an earlier start and goes on from where that stopped');
  }
  while (job.state === 'running' || job.state === 'none') {
    screen.progress(job.progress, job.message);
    await delay(POLL_MS, undefined, { signal: stopped });
    job = await patiently(() => client.mainJob(), stopped);
  }
  screen.clear();
  return printResult(job, screen, isStored, apiUrl);
}

function printResult(job: MainJob, screen: Screen, isStored: boolean, apiUrl: string): boolean {
  if (job.state === 'failed') {
    if (job.text !== undefined) screen.line(`\n${job.text.trimEnd()}\n`);
    screen.line(`The main job failed: ${job.message}`);
    for (const { kind, agent, error } of job.jobs) {
      if (error) screen.line(`  ${kind} ${agent}: ${error.code}: ${error.message}`);
    }
    screen.line('Serving goes on. `npx tidemark jobs list` shows the jobs; the next `npm start` tries again.');
    return false;
  }
  if (isStored) screen.line('The result of the main job, as stored:');
  screen.line('');
  screen.line((job.text ?? '').trimEnd());
  screen.line('');
  for (const line of afterwards(job, apiUrl)) screen.line(line);
  return true;
}

/** Where the report is, and what is left to a person: which history serves. */
function afterwards({ timeline, adopt }: MainJob, apiUrl: string): string[] {
  const report = timeline === undefined ? [] : [`The same with plots   ${apiUrl}/reports/${timeline}`];
  if (adopt === undefined) return report;
  return [
    ...report,
    `These results are of the timeline ${adopt}; what serves is unchanged. To let it serve:`,
    `  npx tidemark timelines adopt ${adopt}      (\`npx tidemark timelines undo\` goes back)`,
    '',
  ];
}

/** Repeats a call while the api is away or says that a part of it is; what the caller got wrong is thrown at once. */
async function patiently<T>(call: () => Promise<T>, stopped: AbortSignal): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    stopped.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (isFinal(error) || performance.now() >= end) throw toTidemarkError(error);
      await delay(POLL_MS, undefined, { signal: stopped });
    }
  }
}

function isFinal(error: unknown): boolean {
  if (!isTidemarkError(error)) return false;
  const { status } = error.details;
  return error.code === 'API_ANSWER_UNKNOWN' || (typeof status === 'number' && status < 500 && status !== 429);
}
