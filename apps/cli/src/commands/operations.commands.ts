import { agentViewSchema, statusSchema, type ProcessStatus } from '@tidemark/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import { shortDuration, shortHash } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { define } from './define.js';

/** What is shown of an agent; the API sends its whole configuration. */
const shownAgentSchema = agentViewSchema.extend({
  source: z.looseObject({ series: z.string() }),
  baseline: z.string(),
  families: z.array(z.string()),
  sealedFrom: z.string(),
});
const shownAgentsSchema = z.object({ items: z.array(shownAgentSchema) });

interface StatusRow {
  readonly process: ProcessStatus;
  readonly serving?: ProcessStatus['serving'][number];
}

export function addOperations(program: Command, session: Session): void {
  define(program, 'agents', {
    summary: 'the agents the API has read from its configuration folder',
    examples: ['agents'],
  }).action(async (options: JsonOption) => {
    const reply = await session.api.get('agents', shownAgentsSchema);
    session.show(reply, options, ({ items }) => agentTable(items));
  });
  define(program, 'status', {
    summary: 'what every process serves: version, generation, and lag behind the registry',
    examples: ['status'],
  }).action(async (options: JsonOption) => {
    const reply = await session.api.get('status', statusSchema);
    session.show(reply, options, ({ processes }) => statusTable(processes, session.io.clock.now()));
  });
}

function agentTable(agents: readonly z.infer<typeof shownAgentSchema>[]): string[] {
  return renderTable(
    [
      { title: 'AGENT', cell: (agent) => agent.agent },
      { title: 'TASK', cell: (agent) => agent.task },
      { title: 'SERIES', cell: (agent) => agent.source.series },
      { title: 'BASELINE', cell: (agent) => agent.baseline },
      { title: 'FAMILIES', cell: (agent) => agent.families.join(', ') },
      { title: 'SEALED FROM', cell: (agent) => agent.sealedFrom },
      { title: 'FILE HASH', cell: (agent) => shortHash(agent.hash) },
    ],
    agents,
  );
}

/** One line per process and agent; a process that serves nothing still has a line. */
function statusTable(processes: readonly ProcessStatus[], now: Date): string[] {
  const rows = processes.flatMap((process): StatusRow[] =>
    process.serving.length === 0 ? [{ process }] : process.serving.map((serving) => ({ process, serving })),
  );
  return renderTable(
    [
      { title: 'PROCESS', cell: ({ process }) => process.kind },
      { title: 'PID', cell: ({ process }) => process.pid },
      { title: 'STATE', cell: ({ process }) => (process.alive ? 'alive' : 'gone') },
      {
        title: 'SEEN',
        cell: ({ process }) => `${shortDuration((now.getTime() - Date.parse(process.seenAt)) / 1000)} ago`,
      },
      { title: 'AGENT', cell: ({ serving }) => serving?.agent },
      { title: 'VERSION', cell: ({ serving }) => serving?.version },
      { title: 'GENERATION', cell: ({ serving }) => serving?.generation },
      { title: 'LAG', cell: ({ serving }) => serving?.lag },
    ],
    rows,
  );
}
