import { decisionActionSchema, decisionsPageSchema, explanationSchema, timelineIdSchema } from '@tidemark/contracts';
import type { Command } from 'commander';
import { route } from '../api/api-client.js';
import type { JsonOption, Session } from '../session.js';
import { id, name } from './arguments.js';
import { decisionTable, explanationLines } from './decisions.view.js';
import { by, define, group, noteMore, paged, type PageOptions } from './define.js';

interface ListOptions extends PageOptions {
  readonly all?: boolean;
  readonly action?: string;
  readonly timeline?: string;
}

export function addDecisions(program: Command, session: Session): void {
  const decisions = group(program, 'decisions', 'what the policy decided at each slot, and why');
  paged(
    define(decisions, 'list', {
      summary: 'decisions, newest first, without those to do nothing',
      examples: [
        'decisions',
        'decisions list risk_assessor --action promote',
        'decisions list --all --timeline replay-1',
      ],
      isDefault: true,
    })
      .argument('[agent]', 'only this agent', name)
      .option('--all', 'also the nights on which nothing was to be done')
      .option('--action <action>', decisionActionSchema.options.join(', '), by(decisionActionSchema))
      .option('--timeline <name>', 'of this timeline (default: the one that serves)', by(timelineIdSchema)),
  ).action(async (agent: string | undefined, { json, all, ...query }: ListOptions) => {
    const { action, timeline, limit, cursor } = query;
    const only = all === true || action !== undefined ? undefined : 'acted';
    const reply = await session.api.get('decisions', decisionsPageSchema, {
      ...{ agent, timeline, action, only },
      ...{ limit, cursor },
    });
    session.show(reply, { json }, ({ items }) => decisionTable(items, only === undefined));
    noteMore(session, { json }, reply.value.nextCursor);
  });
  define(decisions, 'explain', {
    summary: 'what a decision knew, what each rule said, and whether the code that runs now decides the same',
    examples: ['decisions explain 0190a3c4-0000-7000-8000-000000000000'],
  })
    .argument('<id>', 'decision', id)
    .action(async (decision: string, options: JsonOption) => {
      const reply = await session.api.get(route`decisions/${decision}/explain`, explanationSchema);
      session.show(reply, options, explanationLines);
    });
}
