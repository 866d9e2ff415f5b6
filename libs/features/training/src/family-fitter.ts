import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { ARTIFACT_STORE, type ArtifactStore } from '@tidemark/artifacts';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import type { Agent, Dataset, Family, TrainerEvent, TrainerReport } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction } from '@tidemark/database';
import type { JobContext } from '@tidemark/jobs';
import { CLOCK, toTidemarkError, uuidV7, type Clock } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import { RunRepository } from './run.repository.js';
import { fitJob, type FitMeta } from './trainer-jobs.js';
import { runTrainer } from './trainer-process.js';
import type { TrainingWorkspace } from './training-workspace.js';

/** Everything the fits of one training have in common. */
export interface FitTask {
  readonly context: JobContext;
  readonly agent: Agent;
  readonly seed: number;
  readonly dataset: Dataset;
  readonly meta: FitMeta;
  readonly workspace: TrainingWorkspace;
}

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

  async fit(task: FitTask, family: Family, span: ProgressSpan): Promise<FittedFamily> {
    const { context, agent, seed, meta } = task;
    const runId = uuidV7(this.clock);
    const startedAt = this.clock.now();
    await this.fenced(context, (runner) =>
      this.runs.start(runner, { id: runId, jobId: context.job.id, agent: agent.agent, family, seed, dataHash: meta.dataHash, asOf: meta.asOf, startedAt }),
    );
    try {
      const outputDir = await task.workspace.folder(family);
      const job = fitJob(agent, family, seed, task.dataset, task.workspace.datasetPath, meta, outputDir);
      const onEvent = (event: TrainerEvent): Promise<void> => report(context, family, span, event);
      await runTrainer({ trainer: this.config.trainerPath, job, name: family, signal: context.signal, onEvent });
      const trained = await task.workspace.report(outputDir);
      const artifactSha256 = await this.artifacts.put(join(outputDir, 'model.onnx'));
      await this.fenced(context, (runner) => this.runs.succeed(runner, runId, trained, artifactSha256, this.clock.now()));
      return { family, runId, outputDir, report: trained, artifactSha256 };
    } catch (error) {
      const { code, message } = toTidemarkError(error);
      const state = code === 'TRAINING_CANCELLED' ? 'cancelled' : 'failed';
      await this.fenced(context, (runner) => this.runs.fail(runner, runId, state, code, message, this.clock.now()));
      throw error;
    }
  }

  private async fenced(context: JobContext, write: (runner: QueryRunner) => Promise<void>): Promise<void> {
    await inTransaction(this.dataSource, async (runner) => {
      await context.fence(runner);
      await write(runner);
    });
  }
}

async function report(context: JobContext, family: Family, span: ProgressSpan, event: TrainerEvent): Promise<void> {
  if (event.event === 'progress') {
    await context.progress(span.from + (span.to - span.from) * event.fraction, `${family}: ${event.message}`);
  } else if (event.event === 'log') {
    await context.log(event.level === 'warn' || event.level === 'error' ? event.level : 'info', `${family}: ${event.message}`);
  } else if (event.event === 'metric') {
    await context.log('info', `${family}: ${event.key} = ${event.value}`);
  }
}
