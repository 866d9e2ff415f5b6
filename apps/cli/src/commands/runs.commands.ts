import { runSchema, runsPageSchema, type Run } from '@tidemark/contracts';
import type { Command } from 'commander';
import { route } from '../api/api-client.js';
import { shortHash, shortNumber, shortTime } from '../output/format.js';
import { renderFields, renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { id, name } from './arguments.js';
import { define, group, noteMore, paged, type PageOptions } from './define.js';

interface ListOptions extends PageOptions {
  readonly agent?: string;
  readonly job?: string;
}

export function addRuns(program: Command, session: Session): void {
  const runs = group(program, 'runs', 'tracked trainings, one a family');
  paged(
    define(runs, 'list', {
      summary: 'runs, newest first',
      examples: ['runs --agent risk_assessor', 'runs list --limit 5 --json'],
      isDefault: true,
    })
      .option('--agent <agent>', 'only runs of this agent', name)
      .option('--job <id>', 'only runs of this job', id),
  ).action(async ({ limit, cursor, agent, job, json }: ListOptions) => {
    const reply = await session.api.get('runs', runsPageSchema, { limit, cursor, agent, jobId: job });
    session.show(reply, { json }, ({ items }) => runTable(items));
    noteMore(session, { json }, reply.value.nextCursor);
  });
  define(runs, 'show', {
    summary: 'parameters, metrics and lineage of one run',
    examples: ['runs show 0190a3c4-0000-7000-8000-000000000000'],
  })
    .argument('<id>', 'run', id)
    .action(async (run: string, options: JsonOption) => {
      session.show(await session.api.get(route`runs/${run}`, runSchema), options, runFields);
    });
}

function runTable(runs: readonly Run[]): string[] {
  if (runs.length === 0) return ['No runs.'];
  return renderTable(
    [
      { title: 'ID', cell: (run) => run.id },
      { title: 'AGENT', cell: (run) => run.agent },
      { title: 'FAMILY', cell: (run) => run.family },
      { title: 'STATE', cell: (run) => run.state },
      { title: 'CHOICE LOSS', cell: (run) => shortNumber(run.metrics['choice.loss']) },
      { title: 'TRIED', cell: (run) => run.configurationsTried },
      { title: 'AS OF', cell: (run) => shortTime(run.asOf) },
      { title: 'STARTED', cell: (run) => shortTime(run.startedAt) },
    ],
    runs,
  );
}

function runFields(run: Run): string[] {
  return renderFields([
    ['run', run.id],
    ['job', run.jobId],
    ['agent', run.agent],
    ['family', run.family],
    ['state', run.state],
    ['error', run.error && `${run.error.code}: ${run.error.message}`],
    ['seed', run.seed],
    ['params', JSON.stringify(run.params)],
    ['configurations tried', run.configurationsTried],
    ...Object.entries(run.metrics).map(([key, value]) => [`metric ${key}`, shortNumber(value)] as const),
    ['data as of', shortTime(run.asOf)],
    ['data hash', shortHash(run.dataHash)],
    ['artifact', run.artifactSha256 && shortHash(run.artifactSha256)],
    ['started', shortTime(run.startedAt)],
    ['ended', shortTime(run.endedAt)],
  ]);
}
