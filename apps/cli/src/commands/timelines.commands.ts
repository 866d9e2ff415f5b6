import { adoptionSchema, timelineIdSchema, timelinesSchema, type Adoption, type Timeline } from '@tidemark/contracts';
import type { Command } from 'commander';
import { route } from '../api/api-client.js';
import { shortTime } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { by, define, group } from './define.js';

export function addTimelines(program: Command, session: Session): void {
  const timelines = group(program, 'timelines', 'histories of versions and predictions, and which one serves');
  define(timelines, 'show', {
    summary: 'every timeline, how far its replays have come, and which one serves',
    examples: ['timelines', 'timelines show --json'],
    isDefault: true,
  }).action(async (options: JsonOption) => {
    const reply = await session.api.get('timelines', timelinesSchema);
    session.show(reply, options, ({ items }) => timelineTable(items));
  });
  define(timelines, 'adopt', {
    summary: 'let a replayed timeline serve; nothing is copied, and `timelines undo` goes back',
    examples: ['timelines adopt replay-1'],
  })
    .argument('<id>', 'timeline', by(timelineIdSchema))
    .action(async (id: string, options: JsonOption) => {
      const reply = await session.api.post(route`timelines/${id}/adopt`, adoptionSchema, {});
      session.show(reply, options, adoptionLines);
    });
  define(timelines, 'undo', {
    summary: 'back to the timeline that served before',
    examples: ['timelines undo'],
  }).action(async (options: JsonOption) => {
    session.show(await session.api.post('timelines/undo-adopt', adoptionSchema, {}), options, adoptionLines);
  });
}

function timelineTable(timelines: readonly Timeline[]): string[] {
  const rows = timelines.flatMap(({ loops, ...timeline }) =>
    loops.length === 0 ? [{ timeline }] : loops.map((loop) => ({ timeline, loop })),
  );
  return renderTable<{ timeline: Omit<Timeline, 'loops'>; loop?: Timeline['loops'][number] }>(
    [
      { title: 'TIMELINE', cell: ({ timeline }) => timeline.id },
      { title: 'PURPOSE', cell: ({ timeline }) => timeline.purpose },
      { title: 'SERVES', cell: ({ timeline }) => timeline.isLive },
      { title: 'AGENT', cell: ({ loop }) => loop?.agent },
      { title: 'STATE', cell: ({ loop }) => loop?.halted?.code ?? loop?.state },
      { title: 'POLICY', cell: ({ loop }) => loop?.policy },
      { title: 'LAST BAR', cell: ({ loop }) => shortTime(loop?.seenBar) },
      { title: 'NOTE', cell: ({ timeline }) => timeline.note },
    ],
    rows,
  );
}

function adoptionLines({ timeline, before, deployments, unserved }: Adoption): string[] {
  if (timeline === before) return [`${timeline} serves already: nothing was changed.`];
  return [
    `${timeline} serves now, ${before} no longer; \`npx tidemark timelines undo\` goes back.`,
    ...deployments.map(({ model, version, generation }) => `${model} serves ${version} (generation ${generation}).`),
    ...unserved.map((model) => `${model} has no version on ${timeline}: it is not served until one is trained there.`),
  ];
}
