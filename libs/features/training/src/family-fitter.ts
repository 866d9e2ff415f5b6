import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { ARTIFACT_STORE, type ArtifactStore } from '@tidemark/artifacts';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import type { Family, TrainerEvent, TrainerReport } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction } from '@tidemark/database';
import type { JobContext } from '@tidemark/jobs';
import { CLOCK, toTidemarkError, uuidV7, type Clock } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import { RunRepository } from './run.repository.js';
import { fitJob } from './trainer-jobs.js';
import { runTrainer } from './trainer-process.js';
import type { TrainingTask } from './training-task.js';

export interface FittedFamily {
  readonly family: Family;
  readonly runId: string;
  readonly outputDir: string;
  readonly report: TrainerReport;
  readonly artifactSha256: string;
}

/** Part of the job's progress bar that one fit fills. */
export interface ProgressSpan {
  readonly from: number;
  readonly to: number;
}

/** Fits one family in a child process and tracks it as a run. */
@Injectable()
export class FamilyFitter {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly runs: RunRepository,
    @Inject(ARTIFACT_STORE) private readonly artifacts: ArtifactStore,
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
      const { outputDir, report } = await this.train(task, family, span);
      const artifactSha256 = await this.artifacts.put(join(outputDir, 'model.onnx'));
      await this.fenced(context, (runner) =>
        this.runs.succeed(runner, runId, report, artifactSha256, this.clock.now()),
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

  private async train(
    task: TrainingTask,
    family: Family,
    span: ProgressSpan,
  ): Promise<Pick<FittedFamily, 'outputDir' | 'report'>> {
    const { context, workspace } = task;
    const outputDir = await workspace.folder(family);
    await runTrainer({
      trainer: this.config.trainerPath,
      job: fitJob({ ...task, datasetPath: workspace.datasetPath }, family, outputDir),
      name: family,
      signal: context.signal,
      onEvent: (event) => relay(context, family, span, event),
    });
    return { outputDir, report: await workspace.report(outputDir) };
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
