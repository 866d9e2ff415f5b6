import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadBaseConfig } from '@tidemark/config';
import {
  datasetSchema,
  trainerReportSchema,
  type Agent,
  type Dataset,
  type Family,
  type TrainerReport,
} from '@tidemark/contracts';
import type { TestBar } from './builders.js';

/** What the trainer left: `model.onnx`, `report.json` and the parity rows. */
export interface TestFit {
  readonly outputDir: string;
  readonly report: TrainerReport;
}

const HOUR_MS = 3_600_000;
const VOLATILITY_COLUMNS = ['return', 'parkinson_1', 'parkinson_5', 'parkinson_22'];
const LIMITS = { memoryMiB: 2048, timeoutS: 60 };

/** Real models from the real trainer, in about a second each. The agent's validation sizes say how many bars it takes. */
export class TestTraining {
  private fits = 0;

  private constructor(
    private readonly folder: string,
    private readonly agent: Agent,
    private readonly asOf: Date,
    private readonly dataset: Dataset,
  ) {}

  static async prepare(folder: string, agent: Agent, bars: readonly TestBar[]): Promise<TestTraining> {
    const asOf = new Date(bars.at(-1)!.eventTime.getTime() + agent.source.knownAfterHours * HOUR_MS);
    const outputDir = join(folder, 'dataset');
    await mkdir(outputDir, { recursive: true });
    await writeFile(join(folder, 'bars.csv'), csvOf(bars, agent.source.knownAfterHours));
    const isDirection = agent.task === 'direction';
    await train(join(folder, 'prepare.json'), {
      contractVersion: 1,
      command: 'prepare',
      bars: join(folder, 'bars.csv'),
      label: agent.label,
      columns: isDirection ? agent.features : VOLATILITY_COLUMNS,
      labelRate: isDirection,
      split: { ...agent.validation, until: asOf.toISOString() },
      asOf: asOf.toISOString(),
      seed: 1,
      limits: LIMITS,
      outputDir,
    });
    const dataset = datasetSchema.parse(JSON.parse(await readFile(join(outputDir, 'dataset.json'), 'utf8')));
    return new TestTraining(folder, agent, asOf, dataset);
  }

  async fit(family: Family, seed = 1): Promise<TestFit> {
    this.fits += 1;
    const outputDir = join(this.folder, `${family}-${this.fits}`);
    await mkdir(outputDir);
    const { label, features, task } = this.agent;
    await train(join(this.folder, `${family}-${this.fits}.json`), {
      contractVersion: 1,
      command: 'fit',
      dataset: join(this.folder, 'dataset', 'dataset.parquet'),
      schema: { label, features, task },
      split: this.dataset.split,
      family,
      params: {},
      seed,
      meta: {
        agent: this.agent.agent,
        asOf: this.asOf.toISOString(),
        dataHash: this.dataset.barsSha256,
        codeVersion: '0.0.0',
      },
      limits: LIMITS,
      outputDir,
    });
    const report = trainerReportSchema.parse(JSON.parse(await readFile(join(outputDir, 'report.json'), 'utf8')));
    return { outputDir, report };
  }
}

async function train(jobPath: string, job: Record<string, unknown>): Promise<void> {
  await writeFile(jobPath, JSON.stringify(job));
  await promisify(execFile)(loadBaseConfig({}).trainerPath, [jobPath]);
}

function csvOf(bars: readonly TestBar[], knownAfterHours: number): string {
  const lines = bars.map(({ eventTime, open, high, low, close, volume }) => {
    const time = eventTime.getTime();
    return [time, time + knownAfterHours * HOUR_MS, open, high, low, close, volume].join(',');
  });
  return `event_time,known_at,open,high,low,close,volume\n${lines.join('\n')}\n`;
}
