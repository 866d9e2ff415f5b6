import {
  agentsSchema,
  familySchema,
  jobSchema,
  modelsPageSchema,
  type AgentView,
  type Job,
  type Model,
} from '@tidemark/contracts';
import type { Command } from 'commander';
import { z } from 'zod';
import { shortNumber } from '../output/format.js';
import { renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { INSTANT, instantOrDate, name } from './arguments.js';
import { by, define, group, integer } from './define.js';
import { followJob, requireSuccess, startedLines } from './follow.js';

interface RetrainOptions extends JsonOption {
  readonly asOf?: string;
  readonly families?: string[];
  readonly seed?: number;
  readonly patch?: boolean;
  readonly detach?: boolean;
}

/** What the job `train` leaves as its result. */
const trainResultSchema = z.object({
  version: z.string(),
  sequence: z.number(),
  family: z.string(),
  promoted: z.boolean(),
  gate: z.object({ passed: z.boolean(), reason: z.string() }),
  families: z.array(z.object({ family: z.string(), runId: z.string(), choiceLoss: z.number().optional() })),
});

const familyList = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(familySchema).min(1));

export function addAi(program: Command, session: Session): void {
  const ai = group(program, 'ai', 'train agents and see what serves for each');
  define(ai, 'retrain', {
    summary: 'train the families of an agent, ask the gate, promote or keep; follows to the end',
    examples: [
      'ai retrain market_insight',
      'ai retrain risk_assessor --as-of 2016-12-31 --families log_har,gjr_garch_t --seed 7',
      'ai retrain market_insight --detach',
    ],
  })
    .argument('<agent>', 'agent to train', name)
    .option('--as-of <time>', `use only what was known then: ${INSTANT}; default now`, instantOrDate)
    .option('--families <list>', "families to compare, separated by commas; default the agent's", by(familyList))
    .option('--seed <number>', "seed of the training; default the agent's", integer(0, Number.MAX_SAFE_INTEGER))
    .option('--patch', 'register as a fix of the newest version: same family and signature')
    .option('--detach', 'start it and return at once')
    .action((agent: string, options: RetrainOptions) => retrain(session, agent, options));
  define(ai, 'models', {
    summary: 'every agent with the version in Production',
    examples: ['ai models'],
  }).action((options: JsonOption) => showAgentModels(session, options));
}

async function retrain(session: Session, agent: string, options: RetrainOptions): Promise<void> {
  const { asOf, families, seed, patch } = options;
  const body = { agent, asOf, families, seed, bump: patch === true ? 'patch' : undefined };
  const started = await session.api.post('training/start', jobSchema, body);
  if (options.detach === true) return session.show(started, options, startedLines);
  const ended = await followJob(session, started);
  if (ended === undefined) return;
  requireSuccess(ended.value);
  session.show(ended, options, trainedLines);
}

function trainedLines({ agent, result }: Job): string[] {
  const { version, sequence, family, promoted, gate, families } = trainResultSchema.parse(result);
  const table = renderTable(
    [
      { title: 'FAMILY', cell: (row) => row.family },
      { title: 'CHOICE LOSS', cell: (row) => shortNumber(row.choiceLoss) },
      { title: 'RUN', cell: (row) => row.runId },
    ],
    families,
  );
  return [
    ...table,
    '',
    `${agent} ${version} (sequence ${sequence}) is registered: ${family}, the lowest choice loss.`,
    `Gate ${gate.passed ? 'passed' : 'not passed'}: ${gate.reason}.`,
    promoted ? `${version} is in Production.` : `${version} is not promoted: the version that served goes on serving.`,
  ];
}

async function showAgentModels(session: Session, options: JsonOption): Promise<void> {
  const agents = await session.api.get('agents', agentsSchema);
  const models = await allModels(session);
  if (options.json === true) return session.output.json({ agents: agents.body, models });
  const byName = new Map(models.map((model) => [model.name, model]));
  session.output.lines(
    renderTable<Pick<AgentView, 'agent' | 'task' | 'description'>>(
      [
        { title: 'AGENT', cell: ({ agent }) => agent },
        { title: 'TASK', cell: ({ task }) => task },
        { title: 'PRODUCTION', cell: ({ agent }) => byName.get(agent)?.production?.version },
        { title: 'GENERATION', cell: ({ agent }) => byName.get(agent)?.production?.generation },
        { title: 'VERSIONS', cell: ({ agent }) => byName.get(agent)?.versions ?? 0 },
        { title: 'DESCRIPTION', cell: ({ description }) => description },
      ],
      agents.value.items,
    ),
  );
}

async function allModels(session: Session): Promise<Model[]> {
  const models: Model[] = [];
  let cursor: string | undefined;
  do {
    const { value } = await session.api.get('models', modelsPageSchema, { cursor });
    models.push(...value.items);
    cursor = value.nextCursor;
  } while (cursor !== undefined);
  return models;
}
