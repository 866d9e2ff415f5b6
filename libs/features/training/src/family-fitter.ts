import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import type { Family, TrainerEvent, TrainerReport } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction } from '@tidemark/database';
import type { JobContext } from '@tidemark/jobs';
import { CLOCK, defect, toTidemarkError, uuidV7, type Clock } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import { RunRepository } from './run.repository.js';
import { FitCache, cacheKey, type CachedOutputs } from './fit-cache.js';
import { fitJob, specOf } from './trainer-jobs.js';
import { runTrainer } from './trainer-process.js';
import type { ProgressSpan, TrainingTask } from './training-task.js';

export interface FittedFamily {
  readonly family: Family;
  readonly runId: string;
  readonly outputDir: string;
  readonly report: TrainerReport;
  readonly artifactSha256: string;
}

const MODEL = 'model.onnx';
/** Metric of a run whose outputs were known: no trainer ran for it. */
const FROM_CACHE = 'fit.from_cache';

/** Fits one family in a child process, unless the outputs are known, and tracks it as a run. */
@Injectable()
export class FamilyFitter {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly runs: RunRepository,
    private readonly cache: FitCache,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Closes the runs that an attempt which lost its lease or its life left open. */
  async closeLost(context: JobContext): Promise<void> {
    await this.fenced(context, (runner) => this.runs.closeLost(runner, context.job.id, this.clock.now()));
  }

  async fit(task: TrainingTask, family: Family, span: ProgressSpan): Promise<FittedFamily> {
    const { context } = task;
    const runId = await this.start(task, family);
    try {
      const outputDir = await task.workspace.folder(join(task.name, family));
      const { files, isFromCache } = await this.outputs(task, family, outputDir, span);
      const report = await task.workspace.report(outputDir);
      const artifactSha256 = modelOf(files, outputDir);
      const metrics = isFromCache ? { ...report.metrics, [FROM_CACHE]: 1 } : report.metrics;
      await this.fenced(context, (runner) =>
        this.runs.succeed(runner, runId, { ...report, metrics }, artifactSha256, this.clock.now()),
      );
      return { family, runId, outputDir, report, artifactSha256 };
    } catch (error) {
      await this.fail(context, runId, error);
      throw error;
    }
  }

  private async start(task: TrainingTask, family: Family): Promise<string> {
    const { context, agent, seed, meta } = task;
    const id = uuidV7(this.clock);
    const { dataHash, asOf } = meta;
    const run = { id, jobId: context.job.id, agent: agent.agent, family, seed, dataHash, asOf };
    await this.fenced(context, (runner) => this.runs.start(runner, { ...run, startedAt: this.clock.now() }));
    return id;
  }

  private async outputs(
    task: TrainingTask,
    family: Family,
    outputDir: string,
    span: ProgressSpan,
  ): Promise<CachedOutputs> {
    const { context } = task;
    const trainer = this.config.trainerPath;
    const job = fitJob(task, family, outputDir);
    const key = cacheKey({ trainer, ...task.meta, datasetSha256: task.dataset.sha256, spec: specOf(job) });
    const produce = async (): Promise<void> =>
      runTrainer({
        trainer,
        job: { ...job, dataset: await task.datasetPath() },
        name: family,
        signal: context.signal,
        onEvent: (event) => relay(context, family, span, event),
      });
    const isOutput = (name: string): boolean => !name.endsWith('.job.json');
    const outputs = await this.cache.fill({ key, outputDir, isOutput, signal: context.signal, produce });
    if (outputs.isFromCache) {
      await context.log('info', `${family}: fitted before on the same bars, taken from the cache`);
      await context.progress(span.to, `${family}: from the cache`);
    }
    return outputs;
  }

  private async fail(context: JobContext, runId: string, error: unknown): Promise<void> {
    const { code, message } = toTidemarkError(error);
    const state = context.signal.aborted ? 'cancelled' : 'failed';
    await this.fenced(context, (runner) => this.runs.fail(runner, runId, state, code, message, this.clock.now()));
  }

  private async fenced(context: JobContext, write: (runner: QueryRunner) => Promise<void>): Promise<void> {
    await inTransaction(this.dataSource, async (runner) => {
      await context.fence(runner);
      await write(runner);
    });
  }
}

function modelOf(files: CachedOutputs['files'], outputDir: string): string {
  const sha256 = files[MODEL];
  if (sha256 !== undefined) return sha256;
  throw defect('TRAINER_OUTPUT_INVALID', `The trainer ended well and left no ${MODEL} in ${outputDir}.`);
}

async function relay(context: JobContext, family: Family, span: ProgressSpan, event: TrainerEvent): Promise<void> {
  if (event.event === 'progress') {
    await context.progress(span.from + (span.to - span.from) * event.fraction, `${family}: ${event.message}`);
  } else if (event.event === 'log') {
    const level = event.level === 'warn' || event.level === 'error' ? event.level : 'info';
    await context.log(level, `${family}: ${event.message}`);
  } else if (event.event === 'metric') {
    await context.log('info', `${family}: ${event.key} = ${event.value}`);
  }
}
