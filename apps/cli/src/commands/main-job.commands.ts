import { mainJobSchema, type MainJob } from '@tidemark/contracts';
import { operationalError } from '@tidemark/kernel';
import type { Command } from 'commander';
import type { Reply } from '../api/api-client.js';
import { percent } from '../output/format.js';
import type { JsonOption, Session } from '../session.js';
import { define } from './define.js';
import { follow } from './follow.js';

interface MainJobOptions extends JsonOption {
  readonly start?: boolean;
  readonly rerun?: boolean;
}

export function addMainJob(program: Command, session: Session): void {
  define(program, 'main-job', {
    summary: 'the result table; or runs the main job that `npm start` runs once: ingest, replay, compare',
    examples: ['main-job', 'main-job --start', 'main-job --rerun'],
  })
    .option('--start', 'start it unless it runs or has succeeded, and follow it')
    .option('--rerun', 'replay once more, on a timeline of its own, although it has succeeded')
    .action(async (options: MainJobOptions) => {
      const isStart = options.start === true || options.rerun === true;
      const first = isStart
        ? await session.api.post('main-job', mainJobSchema, { rerun: options.rerun === true })
        : await session.api.get('main-job', mainJobSchema);
      const shown = isStart ? await followMainJob(session, first) : first;
      if (shown === undefined) return;
      if (isStart) requireSuccess(shown.value);
      session.show(shown, options, mainJobLines);
    });
}

async function followMainJob(session: Session, first: Reply<MainJob>): Promise<Reply<MainJob> | undefined> {
  return follow(session, {
    first,
    read: () => session.api.get('main-job', mainJobSchema),
    isDone: ({ state }) => state !== 'running',
    onState: ({ progress, message }) => session.progress.show(progress, message),
    onDetach: ['The main job goes on. `npx tidemark jobs` shows its jobs, `npx tidemark main-job` the result.'],
  });
}

function requireSuccess({ state, message, jobs }: MainJob): void {
  if (state !== 'failed') return;
  const failures = jobs.flatMap(({ id, kind, agent, error }) =>
    error ? [`\n  ${kind} ${agent} (${id}): ${error.code}: ${error.message}`] : [],
  );
  throw operationalError('MAIN_JOB_FAILED', `The main job failed: ${message}${failures.join('')}`);
}

function mainJobLines({ state, progress, message, text }: MainJob): string[] {
  if (state === 'none') return ['The main job has not run: `npx tidemark main-job --start` starts it.'];
  const stateLine = `The main job ${state === 'running' ? `is running: ${percent(progress)}, ${message}` : `has ${state}`}.`;
  return text === undefined ? [stateLine] : [text.trimEnd(), '', stateLine];
}
