import {
  jobTypeSchema,
  scheduleStatusSchema,
  triggeredSchema,
  type PruneStatus,
  type ScheduleState,
  type ScheduleStatus,
} from '@tidemark/contracts';
import type { Command } from 'commander';
import { shortTime } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { name } from './arguments.js';
import { by, define, group } from './define.js';

export function addSchedule(program: Command, session: Session): void {
  const schedule = group(program, 'schedule', 'what runs by itself, when next, and what became of it');
  define(schedule, 'status', {
    summary: 'next and last slot of every schedule, and what is due, was missed or had nothing to look at',
    examples: ['schedule', 'schedule status --json'],
    isDefault: true,
  }).action(async (options: JsonOption) => {
    session.show(await session.api.get('schedule', scheduleStatusSchema), options, statusLines);
  });
  define(schedule, 'trigger', {
    summary:
      'queue by hand: retrain (the policy decides), drift (new bars are watched), reconciliation (of yesterday), prune',
    examples: ['schedule trigger drift', 'schedule trigger retrain market_insight', 'schedule trigger prune'],
  })
    .argument('<type>', 'retrain, drift, reconciliation or prune', by(jobTypeSchema))
    .argument('[agent]', 'agent; default every agent', name)
    .action(async (type: string, agent: string | undefined, options: JsonOption) => {
      const reply = await session.api.post('schedule/trigger', triggeredSchema, { type, agent });
      session.show(reply, options, ({ jobs }) =>
        jobs.map(
          (job) => `Queued ${type} of ${job.agent}: \`npx tidemark jobs show ${job.id}\` tells what came of it.`,
        ),
      );
    });
}

function statusLines({ timeline, flags, agents, prune }: ScheduleStatus): string[] {
  const off = Object.entries(flags).flatMap(([flag, isOn]) => (isOn ? [] : [flag]));
  const rows = agents.flatMap(({ agent, schedules }) => schedules.map((schedule) => ({ agent, schedule })));
  return [
    `Timeline ${timeline}; switched off: ${off.join(', ')}.`,
    ...renderTable<{ agent: string; schedule: ScheduleState }>(
      [
        { title: 'AGENT', cell: ({ agent }) => agent },
        { title: 'SCHEDULE', cell: ({ schedule }) => schedule.schedule },
        { title: 'ON', cell: ({ schedule }) => schedule.enabled },
        { title: 'NEXT', cell: ({ schedule }) => shortTime(schedule.nextSlot) },
        { title: 'LAST', cell: ({ schedule }) => shortTime(schedule.last?.slot) },
        { title: 'STATE', cell: ({ schedule }) => schedule.last?.state },
        { title: 'OUTCOME', cell: ({ schedule }) => schedule.last?.outcome },
        { title: 'DUE', cell: ({ schedule }) => schedule.due },
        { title: 'MISSED', cell: ({ schedule }) => schedule.missed },
        { title: 'SKIPPED', cell: ({ schedule }) => schedule.skipped },
      ],
      rows,
    ),
    pruneLine(prune),
  ];
}

function pruneLine({ nextSlot, last }: PruneStatus): string {
  const next = nextSlot === undefined ? 'switched off' : `next ${shortTime(nextSlot)}`;
  const newest = last === undefined ? 'none yet' : `${shortTime(last.createdAt)} ${last.state}, job ${last.id}`;
  return `Prune of the installation: ${next}; last ${newest}.`;
}
