import {
  agentsSchema,
  jobSchema,
  reconciliationSchema,
  reconciliationsPageSchema,
  timelineIdSchema,
  explainReconciliationSchema,
  type Difference,
  type Reconciliation,
  type Restatement,
} from '@tidemark/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import { renderFields, renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { name } from './arguments.js';
import { by, define, group, integer, noteMore, paged, type PageOptions } from './define.js';
import { followJob, requireSuccess } from './follow.js';

interface RunOptions extends JsonOption {
  readonly agent?: string;
  readonly timeline?: string;
  readonly bars?: number;
}

interface ListOptions extends PageOptions {
  readonly agent?: string;
  readonly timeline?: string;
  readonly state?: Reconciliation['state'];
}

interface ExplainOptions extends JsonOption {
  readonly agent: string;
  readonly timeline?: string;
  readonly note: string;
}

const date = by(z.iso.date('expected a date like 2020-03-16'));
const timeline = by(timelineIdSchema);
/** Exit code when something that was logged does not follow from the bars. */
const EXIT_DIFFERS = 70;

export function addReconcile(program: Command, session: Session): void {
  const reconcile = group(program, 'reconcile', 'rebuild what was logged from the bars, and compare it bit for bit');
  define(reconcile, 'run', {
    summary: 'one UTC day (default: yesterday): predictions, outcomes, monitors and decisions',
    examples: ['reconcile 2020-03-16', 'reconcile run --agent market_insight --bars 250'],
    isDefault: true,
  })
    .argument('[date]', 'UTC day on which things were logged', date)
    .option('--agent <agent>', 'only this agent (default: all)', name)
    .option('--timeline <name>', 'on this timeline (default: the one that serves)', timeline)
    .option('--bars <count>', 'also the so many bars of the loop before the end of the day', integer(1, 5_000))
    .action((day: string | undefined, options: RunOptions) => run(session, day, options));
  paged(
    define(reconcile, 'list', {
      summary: 'what came of reconciliations, newest day first',
      examples: ['reconcile list', 'reconcile list --state differs'],
    })
      .option('--agent <agent>', 'only this agent', name)
      .option('--timeline <name>', 'of this timeline (default: the one that serves)', timeline)
      .option('--state <state>', 'ok, differs, explained', by(reconciliationSchema.shape.state)),
  ).action(async ({ json, agent, state, limit, cursor, timeline: on }: ListOptions) => {
    const query = { agent, state, limit, cursor, timeline: on };
    const reply = await session.api.get('reconciliations', reconciliationsPageSchema, query);
    session.show(reply, { json }, ({ items }) => table(items));
    noteMore(session, { json }, reply.value.nextCursor);
  });
  define(reconcile, 'explain', {
    summary: 'say what a difference was: it then no longer holds back promotions',
    examples: ['reconcile explain 2020-03-16 --agent market_insight --note "vendor mended a close by hand"'],
  })
    .argument('<date>', 'day of the reconciliation', date)
    .requiredOption('--agent <agent>', 'agent', name)
    .requiredOption('--note <text>', 'stored with your key’s name', by(explainReconciliationSchema.shape.note))
    .option('--timeline <name>', 'on this timeline (default: the one that serves)', timeline)
    .action(async (day: string, { json, ...request }: ExplainOptions) => {
      const reply = await session.api.post('reconciliations/explain', reconciliationSchema, { day, ...request });
      session.show(reply, { json }, lines);
    });
}

async function run(session: Session, day: string | undefined, { json, agent, ...options }: RunOptions): Promise<void> {
  const agents = agent === undefined ? await everyAgent(session) : [agent];
  for (const each of agents) {
    const started = await session.api.post('reconciliations', jobSchema, { agent: each, day, ...options });
    const ended = await followJob(session, started);
    if (ended === undefined) return;
    requireSuccess(ended.value);
    const value = reconciliationSchema.parse(ended.value.result);
    session.show({ value, body: value }, { json }, lines);
    if (value.state === 'differs') session.exitCode = EXIT_DIFFERS;
  }
}

async function everyAgent(session: Session): Promise<string[]> {
  return (await session.api.get('agents', agentsSchema)).value.items.map(({ agent }) => agent);
}

function lines(row: Reconciliation): string[] {
  const { checked, firstDifference, restatements } = row;
  return [
    ...renderFields([
      ['agent', row.agent],
      ['day', row.day],
      ['timeline', row.timeline],
      ['state', row.state],
      ['differences', String(row.differences)],
      ['rebuilt', rebuilt(checked)],
      ['left out', checked.callerSupplied === 0 ? undefined : `${checked.callerSupplied} on features of the caller`],
      ['explained', row.note && `${row.note} (${row.explainedBy ?? ''})`],
    ]),
    ...(firstDifference === undefined ? [] : ['', ...differenceLines(firstDifference)]),
    ...(row.state === 'differs' ? ['', ...adviceLines(row)] : []),
    ...(restatements.length === 0
      ? []
      : ['', 'Restated since, and no difference:', ...restatements.map(restatementLine)]),
  ];
}

function rebuilt({ predictions, callers, outcomes, monitors, decisions }: Reconciliation['checked']): string {
  return `${predictions + callers} predictions, ${outcomes} outcomes, ${monitors} figures of monitors, ${decisions} decisions`;
}

function differenceLines({ table: where, key, column, logged, rebuilt: now, cause }: Difference): string[] {
  const keys = Object.entries(key).map(([field, value]) => `${field} ${value}`);
  const isBar = where === 'bars';
  return [
    'The first difference:',
    ...renderFields([
      ['likely cause', cause],
      ['table', where],
      ['key', keys.join(', ')],
      ['column', column],
      [isBar ? 'came in as' : 'logged', String(logged)],
      [isBar ? 'stored now' : 'rebuilt', String(now)],
    ]),
  ];
}

function adviceLines({ day, agent, timeline: on }: Reconciliation): string[] {
  return [
    'No version is promoted until it is explained:',
    `  npx tidemark reconcile explain ${day} --agent ${agent} --timeline ${on} --note "what it was"`,
  ];
}

function restatementLine({ eventTime, knownAt, changes, prediction }: Restatement): string {
  const what = Object.entries(changes).map(([column, { before, after }]) => `${column} ${before} to ${after}`);
  const outputs = Object.entries(prediction?.restated ?? {}).map(
    ([output, value]) => `${output} ${prediction!.logged[output] ?? ''} would have been ${value}`,
  );
  return `  ${eventTime.slice(0, 10)} known ${knownAt}: ${what.join(', ')}${outputs.length === 0 ? '' : `; ${outputs.join(', ')}`}`;
}

function table(items: readonly Reconciliation[]): string[] {
  if (items.length === 0) return ['No reconciliations yet; `npx tidemark reconcile DATE` makes one.'];
  return renderTable(
    [
      { title: 'DAY', cell: (row) => row.day },
      { title: 'AGENT', cell: (row) => row.agent },
      { title: 'STATE', cell: (row) => row.state },
      { title: 'DIFFERENCES', cell: (row) => String(row.differences) },
      { title: 'RESTATED', cell: (row) => String(row.restatements.length) },
      { title: 'FIRST', cell: ({ firstDifference: first }) => (first ? `${first.cause} in ${first.table}` : '') },
      { title: 'NOTE', cell: (row) => row.note ?? '' },
    ],
    items,
  );
}
