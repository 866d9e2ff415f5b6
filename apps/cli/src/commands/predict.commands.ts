import { readFile } from 'node:fs/promises';
import {
  featureValueSchema,
  outcomesPageSchema,
  predictionReplySchema,
  predictionSchema,
  predictionsPageSchema,
  predictionsQuerySchema,
  type PredictionReply,
} from '@tidemark/contracts';
import { callerError } from '@tidemark/kernel';
import type { Command } from 'commander';
import { z } from 'zod';
import { route } from '../api/api-client.js';
import { shortDuration, shortTime } from '../output/format.js';
import { renderFields } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { INSTANT, id, instantOrDate, name, versionRef } from './arguments.js';
import { by, define, group, noteMore, paged, type PageOptions } from './define.js';
import { outcomeTable, predictionFields, predictionTable } from './predict.view.js';

interface PredictOptions extends JsonOption {
  readonly asOf?: string;
  readonly features?: string;
  readonly version?: string;
  readonly key?: string;
  readonly durable?: boolean;
}

interface RangeOptions extends PageOptions {
  readonly from?: string;
  readonly to?: string;
}

interface PredictionsOptions extends RangeOptions {
  readonly agent?: string;
  readonly mode?: string;
}

const featuresSchema = z.record(z.string(), featureValueSchema);
const MODES = predictionsQuerySchema.shape.mode.unwrap();

export function addPredict(program: Command, session: Session): void {
  define(program, 'predict', {
    summary: 'one prediction, from stored bars or from inputs of your own; it is logged like every other',
    examples: [
      'predict market_insight',
      'predict risk_assessor --as-of 2020-03-16 --durable',
      'predict market_insight --version 0.1.0 --features \'{"matured_label_rate": 0.58}\'',
    ],
  })
    .argument('<agent>', 'agent that predicts', name)
    .option('--as-of <time>', `from stored bars as known then: ${INSTANT}; default now`, instantOrDate)
    .option('--features <json>', 'from these inputs: a JSON object, @FILE, or - for standard input')
    .option('--version <version>', 'a named version instead of Production', versionRef)
    .option('--key <key>', 'correlation key, stored with the prediction')
    .option('--durable', 'answer only after the prediction is committed to the log')
    .action((agent: string, options: PredictOptions) => predict(session, agent, options));
  addPredictions(program, session);
  ranged(
    define(program, 'outcomes', {
      summary: 'what came true, oldest first, by the bar the predictions were made at; latest revision',
      examples: ['outcomes market_insight --from 2020-01-01 --to 2020-01-31'],
    }).argument('<agent>', 'agent', name),
  ).action(async (agent: string, { limit, cursor, from, to, json }: RangeOptions) => {
    const reply = await session.api.get('outcomes', outcomesPageSchema, { agent, limit, cursor, from, to });
    session.show(reply, { json }, ({ items }) => outcomeTable(items));
    noteMore(session, { json }, reply.value.nextCursor);
  });
}

function addPredictions(program: Command, session: Session): void {
  const predictions = group(program, 'predictions', 'the prediction log');
  ranged(
    define(predictions, 'list', {
      summary: 'logged predictions, newest first',
      examples: ['predictions --agent market_insight --mode live', 'predictions list --from 2026-01-01 --limit 20'],
      isDefault: true,
    })
      .option('--agent <agent>', 'only predictions of this agent', name)
      .option('--mode <mode>', 'live or replay', by(MODES)),
  ).action(async ({ limit, cursor, agent, mode, from, to, json }: PredictionsOptions) => {
    const query = { limit, cursor, agent, mode, from, to };
    const reply = await session.api.get('predictions', predictionsPageSchema, query);
    session.show(reply, { json }, ({ items }) => predictionTable(items));
    noteMore(session, { json }, reply.value.nextCursor);
  });
  define(predictions, 'show', {
    summary: 'one logged prediction with its inputs',
    examples: ['predictions show 0190a3c4-0000-7000-8000-000000000000'],
  })
    .argument('<id>', 'prediction', id)
    .action(async (prediction: string, options: JsonOption) => {
      const reply = await session.api.get(route`predictions/${prediction}`, predictionSchema);
      session.show(reply, options, predictionFields);
    });
}

function ranged(command: Command): Command {
  return paged(command)
    .option('--from <time>', 'ISO-8601 instant, or a date meaning the start of that UTC day', instantOrDate)
    .option('--to <time>', INSTANT, instantOrDate);
}

async function predict(session: Session, agent: string, options: PredictOptions): Promise<void> {
  const { asOf, version, key, durable } = options;
  const features = options.features === undefined ? undefined : await readFeatures(session, options.features);
  const durability = durable === true ? 'durable' : 'buffered';
  const body = { agent, asOf, features, version, key, durability };
  session.show(await session.api.post('predict', predictionReplySchema, body), options, replyFields);
}

async function readFeatures(session: Session, source: string): Promise<z.infer<typeof featuresSchema>> {
  const text = await featuresText(session, source);
  const parsed = featuresSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw callerError(
    'FEATURES_INVALID',
    `--features: ${issue?.path.join('.') ?? ''}: expected an object of numbers and arrays of numbers: ${issue?.message ?? ''}`,
  );
}

async function featuresText(session: Session, source: string): Promise<string> {
  if (source === '-') return session.io.readStdin();
  if (!source.startsWith('@')) return source;
  const file = source.slice(1);
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw callerError('FEATURES_UNREADABLE', `--features: cannot read ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw callerError('FEATURES_INVALID', `--features: expected JSON: ${(error as Error).message}`, { cause: error });
  }
}

function replyFields(reply: PredictionReply): string[] {
  const age = reply.dataAgeSeconds === null ? undefined : shortDuration(reply.dataAgeSeconds);
  return renderFields([
    ['agent', reply.agent],
    ['version', `${reply.version} (sequence ${reply.sequence}, generation ${reply.generation})`],
    ...Object.entries(reply.outputs),
    ['as of', shortTime(reply.asOf) ?? 'your inputs'],
    ['data age', age],
    ['stale', reply.stale],
    ['historical', reply.historical],
    ['logged', reply.logged],
    ['id', reply.id],
  ]);
}
