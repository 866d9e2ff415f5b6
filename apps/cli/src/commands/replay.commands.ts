import { loadPolicy } from '@tidemark/config';
import {
  digestSchema,
  jobSchema,
  replayStartedSchema,
  timelineIdSchema,
  type Digest,
  type Job,
} from '@tidemark/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import { route } from '../api/api-client.js';
import { renderFields, renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { name } from './arguments.js';
import { by, define, group } from './define.js';
import { followJob, requireSuccess } from './follow.js';
import { addStudy } from './study.commands.js';

interface StartOptions extends JsonOption {
  readonly agent?: readonly string[];
  readonly timeline?: string;
  readonly from?: string;
  readonly to?: string;
  readonly policy?: string;
  readonly follow?: boolean;
}

interface DigestOptions extends JsonOption {
  readonly until?: string;
}

const date = by(z.iso.date('expected a date like 2008-09-15'));
const timeline = by(timelineIdSchema);

export function addReplay(program: Command, session: Session): void {
  const replay = group(program, 'replay', 'a policy over history, bar by bar, through the code that runs live');
  define(replay, 'start', {
    summary: 'replay agents on a timeline of its own; what serves is not touched',
    examples: [
      'replay start --agent risk_assessor --from 2006-01-01 --to 2010-12-31 --follow',
      'replay start --policy my-policy.yaml',
    ],
  })
    .option('--agent <agent...>', 'only these agents (default: all with a file)', collect)
    .option('--timeline <name>', 'name of the timeline (default: the next replay-N)', timeline)
    .option(
      '--from <date>',
      'first bar that counts as new (default: that of the agent’s file, else the earliest)',
      date,
    )
    .option('--to <date>', 'last bar (default: the last there is)', date)
    .option('--policy <file>', 'YAML of the policy instead of the agents’ own')
    .option('--follow', 'show progress until it ends')
    .action((options: StartOptions) => start(session, options));
  define(replay, 'digest', {
    summary: "fingerprint of an agent's history on a timeline: equal histories have equal ones",
    examples: ['replay digest main market_insight', 'replay digest main market_insight --until 2008-09-15'],
  })
    .argument('<timeline>', 'timeline', timeline)
    .argument('<agent>', 'agent', name)
    .option('--until <date>', 'only what was known by the end of this day', date)
    .action(async (id: string, agent: string, { until, ...options }: DigestOptions) => {
      const reply = await session.api.get(route`timelines/${id}/digest`, digestSchema, { agent, until });
      session.show(reply, options, digestLines);
    });
  addStudy(replay, session);
}

async function start(session: Session, { json, follow, policy, agent, ...span }: StartOptions): Promise<void> {
  const body = { ...span, agents: agent, policy: policy === undefined ? undefined : loadPolicy(policy) };
  const reply = await session.api.post('replays', replayStartedSchema, body);
  session.show(reply, { json }, ({ timeline: id, jobs }) => startedLines(id, jobs));
  if (follow !== true) return;
  for (const { id } of reply.value.jobs) {
    const ended = await followJob(session, await session.api.get(route`jobs/${id}`, jobSchema));
    if (ended === undefined) return;
    requireSuccess(ended.value);
    session.show(ended, { json }, resultLines);
  }
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, name(text)];
}

function startedLines(id: string, jobs: readonly Job[]): string[] {
  return [
    `Replaying on the timeline ${id}: ${jobs.map((job) => job.agent).join(', ')}.`,
    ...jobs.map((job) => `  npx tidemark jobs logs ${job.id} --follow`),
    `  npx tidemark decisions list --timeline ${id}`,
  ];
}

function resultLines({ agent, result = {} }: Job): string[] {
  const shown = ['bars', 'fits', 'promotions', 'refusals', 'rollbacks', 'digest'];
  return renderFields([
    ['agent', agent],
    ...shown.map((key): [string, string | undefined] => [key, textOf(result[key])]),
  ]);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function digestLines({ sha256, tables }: Digest): string[] {
  const columns = [
    { title: 'TABLE', cell: (row: Digest['tables'][number]) => row.table },
    { title: 'ROWS', cell: (row: Digest['tables'][number]) => String(row.rows) },
    { title: 'SHA-256', cell: (row: Digest['tables'][number]) => row.sha256 },
  ];
  return [...renderTable(columns, tables), '', sha256];
}
