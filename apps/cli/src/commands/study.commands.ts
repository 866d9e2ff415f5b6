import { studySchema, type Study } from '@tidemark/contracts';
import { operationalError } from '@tidemark/kernel';
import type { Command } from 'commander';
import { z } from 'zod';
import { percent } from '../output/format.js';
import type { JsonOption, Session } from '../session.js';
import { name } from './arguments.js';
import { by, define, integer } from './define.js';
import { follow } from './follow.js';

interface StudyOptions extends JsonOption {
  readonly agent?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly draws?: number;
  readonly starts?: number;
  readonly quick?: boolean;
  readonly rerun?: boolean;
  readonly show?: boolean;
  readonly detach?: boolean;
}

const date = by(z.iso.date('expected a date like 2008-09-15'));

/** Sizes that show how a study works in a few minutes; its figures are too few to conclude from. */
const QUICK = {
  draws: 200,
  gridBars: 63,
  starts: 2,
  quietBars: 504,
  quietSeeds: 1,
  afterBreakBars: 252,
  breakSeeds: 1,
} as const;

export function addStudy(replay: Command, session: Session): void {
  define(replay, 'study', {
    summary: 'rows 7 to 10 of the table: placebo, start offsets, markets without a signal, a planted break',
    examples: ['replay study', 'replay study --agent risk_assessor --rerun', 'replay study --show'],
  })
    .option('--agent <agent...>', 'only these agents (default: all with a file)', collect)
    .option('--from <date>', 'first bar that counts as new (default: that of the agent’s file)', date)
    .option('--to <date>', 'last bar (default: the last there is)', date)
    .option('--draws <count>', 'random calendars (default 1000)', integer(100, 100_000))
    .option('--starts <count>', 'start offsets (default 7)', integer(1, 20))
    .option('--quick', 'a small study, to see what it is')
    .option('--rerun', 'another study, although there is one')
    .option('--show', 'the newest study as it stands; start nothing')
    .option('--detach', 'do not follow it')
    .action((options: StudyOptions) => run(session, options));
}

async function run(session: Session, options: StudyOptions): Promise<void> {
  const read = (): ReturnType<typeof session.api.get<typeof studySchema>> => session.api.get('studies', studySchema);
  if (options.show === true) return session.show(await read(), options, studyLines);
  const first = await session.api.post('studies', studySchema, requestOf(options));
  if (options.detach === true) return session.show(first, options, studyLines);
  const ended = await follow(session, {
    first,
    read,
    isDone: ({ state }) => state !== 'running',
    onState: ({ progress, message }) => session.progress.show(progress, message),
    onDetach: ['The study goes on. `npx tidemark replay study --show` shows how far it is.'],
  });
  if (ended === undefined) return;
  requireSuccess(ended.value);
  session.show(ended, options, studyLines);
}

function requestOf({ agent, from, to, rerun, quick, draws, starts }: StudyOptions): Record<string, unknown> {
  const wanted = Object.entries({ draws, starts }).filter(([, value]) => value !== undefined);
  const sizes = { ...(quick === true ? QUICK : {}), ...Object.fromEntries(wanted) };
  return { agents: agent, from, to, rerun, sizes: Object.keys(sizes).length === 0 ? undefined : sizes };
}

function requireSuccess({ state, message, jobs }: Study): void {
  if (state !== 'failed') return;
  const failures = jobs.flatMap(({ id, kind, error }) =>
    error ? [`\n  ${kind} (${id}): ${error.code}: ${error.message}`] : [],
  );
  throw operationalError(
    'STUDY_FAILED',
    `The study failed: ${message}${failures.join('')}\n\`npx tidemark replay study\` goes on where it failed.`,
  );
}

function studyLines({ state, study, progress, message, text, reports }: Study): string[] {
  if (state === 'none') return ['There is no study: `npx tidemark replay study` starts one.'];
  const how = state === 'running' ? `is running: ${percent(progress)}, ${message}` : `has ${state}`;
  const stateLine = `The study ${study} ${how}.`;
  const pages = reports.map((path) => `  ${path}`);
  return text === undefined
    ? [stateLine]
    : [text.trimEnd(), '', stateLine, ...(pages.length > 0 ? ['Reports, at the address of the API:', ...pages] : [])];
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, name(text)];
}
