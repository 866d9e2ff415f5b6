import {
  jobKindSchema,
  jobLogsPageSchema,
  jobSchema,
  jobStateSchema,
  jobsPageSchema,
  type Job,
  type JobLogLine,
} from '@tidemark/contracts';
import type { Command } from 'commander';
import { route } from '../api/api-client.js';
import { percent, shortTime } from '../output/format.js';
import { renderFields, renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { id, name } from './arguments.js';
import { by, define, group, noteMore, paged, type PageOptions } from './define.js';
import { startedLines } from './follow.js';
import { followLogs } from './follow-logs.js';

interface ListOptions extends PageOptions {
  readonly state?: string;
  readonly kind?: string;
  readonly agent?: string;
}

interface LogsOptions extends PageOptions {
  readonly follow?: boolean;
}

export function addJobs(program: Command, session: Session): void {
  const jobs = group(program, 'jobs', 'ingests, trainings, replays and other work: state, log, cancel, retry');
  addReads(jobs, session);
  define(jobs, 'cancel', {
    summary: 'ask a job to end; a training ends within seconds and leaves no version, a replay ends with its training',
    examples: ['jobs cancel 0190a3c4-0000-7000-8000-000000000000'],
  })
    .argument('<id>', 'job', id)
    .action(async (job: string, options: JsonOption) => {
      const reply = await session.api.post(route`jobs/${job}/cancel`, jobSchema);
      session.show(reply, options, ({ state }) => [
        state === 'cancelled' ? `Job ${job} is cancelled.` : `Job ${job} is asked to end.`,
      ]);
    });
  define(jobs, 'retry', {
    summary: 'queue a failed or cancelled job again',
    examples: ['jobs retry 0190a3c4-0000-7000-8000-000000000000'],
  })
    .argument('<id>', 'job', id)
    .action(async (job: string, options: JsonOption) => {
      session.show(await session.api.post(route`jobs/${job}/retry`, jobSchema), options, startedLines);
    });
}

function addReads(jobs: Command, session: Session): void {
  paged(
    define(jobs, 'list', {
      summary: 'jobs, newest first',
      examples: ['jobs', 'jobs list --state failed --agent market_insight'],
      isDefault: true,
    })
      .option('--state <state>', jobStateSchema.options.join(', '), by(jobStateSchema))
      .option('--kind <kind>', jobKindSchema.options.join(', '), by(jobKindSchema))
      .option('--agent <agent>', 'only jobs of this agent', name),
  ).action(async ({ json, ...query }: ListOptions) => {
    const { limit, cursor, state, kind, agent } = query;
    const reply = await session.api.get('jobs', jobsPageSchema, { limit, cursor, state, kind, agent });
    session.show(reply, { json }, ({ items }) => jobTable(items));
    noteMore(session, { json }, reply.value.nextCursor);
  });
  define(jobs, 'show', {
    summary: 'state, progress, error and result of one job',
    examples: ['jobs show 0190a3c4-0000-7000-8000-000000000000'],
  })
    .argument('<id>', 'job', id)
    .action(async (job: string, options: JsonOption) => {
      session.show(await session.api.get(route`jobs/${job}`, jobSchema), options, jobFields);
    });
  paged(
    define(jobs, 'logs', {
      summary: "a job's log, oldest first",
      examples: ['jobs logs 0190a3c4-0000-7000-8000-000000000000 --follow'],
    })
      .argument('<id>', 'job', id)
      .option('--follow', 'print lines as they come, until the job ends; with --json one document a line'),
  ).action(async (job: string, { limit, cursor, json, follow }: LogsOptions) => {
    if (follow === true) return followLogs(session, job, { json }, logLine);
    const reply = await session.api.get(route`jobs/${job}/logs`, jobLogsPageSchema, { limit, cursor });
    session.show(reply, { json }, ({ items }) => items.map(logLine));
    noteMore(session, { json }, reply.value.nextCursor);
  });
}

function logLine({ at, level, message }: JobLogLine): string {
  return `${shortTime(at)} ${level.padEnd(5)} ${message.replace(/\p{Cc}+/gu, ' ')}`;
}

function jobTable(jobs: readonly Job[]): string[] {
  if (jobs.length === 0) return ['No jobs.'];
  return renderTable(
    [
      { title: 'ID', cell: (job) => job.id },
      { title: 'KIND', cell: (job) => job.kind },
      { title: 'AGENT', cell: (job) => job.agent },
      { title: 'STATE', cell: (job) => job.state },
      { title: 'PROGRESS', cell: (job) => percent(job.progress.fraction) },
      { title: 'ATTEMPT', cell: (job) => `${job.attempt}/${job.maxAttempts}` },
      { title: 'CREATED', cell: (job) => shortTime(job.createdAt) },
      { title: 'ERROR', cell: (job) => job.error?.code ?? '' },
    ],
    jobs,
  );
}

function jobFields(job: Job): string[] {
  return renderFields([
    ['job', job.id],
    ['kind', job.kind],
    ['agent', job.agent],
    ['state', job.cancelRequested && job.state === 'running' ? 'running, asked to end' : job.state],
    ['batch', job.batch],
    ['progress', `${percent(job.progress.fraction)} ${job.progress.message}`],
    ['attempt', `${job.attempt} of ${job.maxAttempts}`],
    ['error', job.error && `${job.error.code}: ${job.error.message}`],
    ['payload', JSON.stringify(job.payload)],
    ['result', job.result && JSON.stringify(job.result)],
    ['created', shortTime(job.createdAt)],
    ['started', shortTime(job.startedAt)],
    ['ended', shortTime(job.endedAt)],
  ]);
}
