import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { loadAgents, repositoryRoot, type LoadedAgent } from '@tidemark/config';
import { datasetSchema, type Agent, type Dataset, type Family } from '@tidemark/contracts';
import { BAR_WIDTH } from '@tidemark/market-data/read';
import { Model, computeLabels } from '@tidemark/native';
import type { Span, SpanOutputs } from './scored-span.js';

const ROOT = repositoryRoot();
const TRAINER = resolve(ROOT, 'build/bin/tidemark-train');
const VOLATILITY_COLUMNS = ['return', 'parkinson_1', 'parkinson_5', 'parkinson_22'];
const DAY_MS = 86_400_000;
/** Slices of tests/golden/generate/result_table.py; those of the shipped agents may change. */
const SLICES = { folds: 4, testBars: 250, earlyStoppingBars: 250, calibrationBars: 250, gateBars: 500 };

export interface GoldenGroup {
  readonly values: Readonly<Record<string, number | readonly number[]>>;
  /** Absolute, by name; a value without one must be equal. */
  readonly tolerances: Readonly<Record<string, number>>;
}

/** Rows of the table as worked out by tests/golden/generate/result_table.py. */
export async function goldenRows(): Promise<Readonly<Record<string, GoldenGroup>>> {
  return JSON.parse(await readFile(resolve(ROOT, 'tests/golden/result_table.json'), 'utf8')) as Record<
    string,
    GoldenGroup
  >;
}

/** The names in a golden group whose value is missing or too far away, with both values. */
export function differences(found: object, golden: GoldenGroup): string[] {
  const values = found as Readonly<Record<string, unknown>>;
  return Object.entries(golden.values).flatMap(([name, expected]) => {
    const actual = [values[name]].flat();
    const allowed = golden.tolerances[name] ?? 0;
    const isClose = [expected].flat().every((value, index) => Math.abs(Number(actual[index]) - value) <= allowed);
    return isClose ? [] : [`${name}: expected ${String(expected)}, got ${String(values[name])}`];
  });
}

/** A shipped agent with its whole series and where its sealed bars begin. */
export interface Subject {
  readonly agent: Agent;
  readonly bars: Float64Array;
  readonly rows: number;
  readonly sealed: number;
}

export async function subjectOf(name: string): Promise<Subject> {
  const loaded = loadAgents(resolve(ROOT, 'config/agents')).find(({ agent }) => agent.agent === name)!;
  const agent = { ...loaded.agent, validation: { ...loaded.agent.validation, ...SLICES } };
  const bars = await readBars(loaded);
  const rows = bars.length / BAR_WIDTH;
  const from = Date.parse(`${agent.sealedFrom}T00:00:00Z`);
  const sealed = Array.from({ length: rows }, (_, row) => bars[row * BAR_WIDTH]!).findIndex((time) => time >= from);
  return { agent, bars, rows, sealed };
}

async function readBars({ sourcePath }: LoadedAgent): Promise<Float64Array> {
  const [header, ...lines] = (await readFile(sourcePath!, 'utf8')).trim().split('\n');
  const places = ['date', 'open', 'high', 'low', 'close', 'volume'].map((column) => header!.split(',').indexOf(column));
  const values = lines.flatMap((line) => {
    const cells = line.split(',');
    return places.map((place, index) =>
      index === 0 ? Date.parse(`${cells[place]!}T00:00:00Z`) : Number(cells[place]),
    );
  });
  return Float64Array.from(values);
}

/** The sealed span with the labels that its bars give. */
export function sealedSpan({ agent, bars, rows, sealed }: Subject): Span {
  const length = rows - sealed;
  return {
    eventTimes: Array.from({ length }, (_, row) => new Date(bars[(sealed + row) * BAR_WIDTH]!)),
    closes: Float64Array.from({ length }, (_, row) => bars[(sealed + row) * BAR_WIDTH + 4]!),
    nextClose: undefined,
    truth: computeLabels(agent.label, bars).value.subarray(sealed),
  };
}

/** Runs the built trainer in `folder` on what was known before the sealed span. */
export class Training {
  private constructor(
    private readonly subject: Subject,
    private readonly folder: string,
    readonly dataset: Dataset,
  ) {}

  static async prepare(subject: Subject, folder: string): Promise<Training> {
    const { agent, bars, sealed } = subject;
    const known = Array.from({ length: sealed }, (_, row) => [
      ...bars.subarray(row * BAR_WIDTH, (row + 1) * BAR_WIDTH),
    ]);
    const lines = known.map(([time, ...prices]) => [time, time! + DAY_MS, ...prices].join(','));
    await writeFile(join(folder, 'bars.csv'), `event_time,known_at,open,high,low,close,volume\n${lines.join('\n')}\n`);
    const until = `${agent.sealedFrom}T00:00:00Z`;
    const isDirection = agent.task === 'direction';
    const outputDir = await runJob(folder, 'dataset', agent, {
      command: 'prepare',
      bars: join(folder, 'bars.csv'),
      label: agent.label,
      columns: isDirection ? agent.features : VOLATILITY_COLUMNS,
      labelRate: isDirection,
      split: { ...agent.validation, until },
      asOf: until,
      seed: agent.seed,
    });
    return new Training(
      subject,
      folder,
      datasetSchema.parse(JSON.parse(await readFile(join(outputDir, 'dataset.json'), 'utf8'))),
    );
  }

  /** Trains a family and returns its outputs on bars [from, to) of the whole series. */
  async outputs(family: Family, from: number, to: number): Promise<SpanOutputs> {
    const { agent, bars } = this.subject;
    const outputDir = await runJob(this.folder, family, agent, {
      command: 'fit',
      dataset: join(this.folder, 'dataset/dataset.parquet'),
      schema: { label: agent.label, features: agent.features, task: agent.task },
      split: this.dataset.split,
      family,
      params: {},
      seed: agent.seed,
      meta: {
        agent: agent.agent,
        asOf: `${agent.sealedFrom}T00:00:00Z`,
        dataHash: '0'.repeat(64),
        codeVersion: '0.1.0',
      },
    });
    const model = await Model.loadAsync(join(outputDir, 'model.onnx'));
    try {
      const flat = await model.predictBars(bars, from, to);
      const names = model.signature.outputs.map((output) => output.name);
      return new Map(names.map((name, column) => [name, flat.filter((_, index) => index % names.length === column)]));
    } finally {
      model.dispose();
    }
  }
}

async function runJob(folder: string, name: string, agent: Agent, job: Record<string, unknown>): Promise<string> {
  const outputDir = join(folder, name);
  await mkdir(outputDir, { recursive: true });
  const limits = { memoryMiB: agent.limits.trainingMemoryMiB, timeoutS: agent.limits.trainingTimeoutS };
  const path = join(folder, `${name}.job.json`);
  await writeFile(path, JSON.stringify({ contractVersion: 1, ...job, limits, outputDir }));
  await promisify(execFile)(TRAINER, [path]);
  return outputDir;
}
