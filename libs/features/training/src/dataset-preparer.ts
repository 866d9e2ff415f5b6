import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import { JobStore, type JobContext } from '@tidemark/jobs';
import { callerError } from '@tidemark/kernel';
import { BAR_READER, snapshotHash, type BarReader, type SeriesSnapshot } from '@tidemark/market-data/read';
import { CODE_VERSION } from './code-version.js';
import { FitCache, cacheKey } from './fit-cache.js';
import { SEALED_OPENINGS, type SealedOpenings } from './read/index.js';
import type { TrainOrder } from './train-order.js';
import { formatBarsCsv, prepareJob, specOf, type SplitPlan, type TrainerJob } from './trainer-jobs.js';
import { runTrainer } from './trainer-process.js';
import type { ProgressSpan, TrainingMaterials, TrainingTask } from './training-task.js';
import { DATASET_REPORT, DATASET_ROWS, TrainingWorkspace } from './training-workspace.js';

/** What is to be trained, and the instant whose bars it may know. */
export interface TrainingRequest extends TrainOrder {
  readonly asOf: Date;
}

/** Turns the bars known at an instant into datasets, in a workspace of the attempt. */
@Injectable()
export class DatasetPreparer implements OnModuleInit {
  constructor(
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly jobs: JobStore,
    @Inject(SEALED_OPENINGS) private readonly openings: SealedOpenings,
    private readonly cache: FitCache,
  ) {}

  async onModuleInit(): Promise<void> {
    await TrainingWorkspace.removeAbandoned(this.config.dataDir, async (jobId) => {
      const state = (await this.jobs.find(jobId))?.state;
      return state === 'queued' || state === 'running';
    });
  }

  /** Hands the bars to `work`, and removes the workspace however that ends. @throws NO_BARS */
  async with<T>(
    context: JobContext,
    request: TrainingRequest,
    work: (materials: TrainingMaterials) => Promise<T>,
  ): Promise<T> {
    const workspace = await TrainingWorkspace.create(this.config.dataDir, context.job);
    try {
      const { agent, asOf, seed } = request;
      const snapshot = await this.snapshot(request);
      const dataHash = snapshotHash(snapshot);
      await this.logOpening(context, request, dataHash);
      const meta = { asOf, dataHash, codeVersion: CODE_VERSION };
      return await work({ context, agent, seed, snapshot, meta, workspace });
    } finally {
      await workspace.remove();
    }
  }

  /** A dataset by the plan. Its rows are only computed when a fit needs them that is not in the cache. */
  async prepare(materials: TrainingMaterials, plan: SplitPlan, span: ProgressSpan): Promise<TrainingTask> {
    const { agent, seed, snapshot, meta, workspace, context } = materials;
    const name = plan.scheme === 'refit' ? `refit-${plan.gateBars}` : plan.scheme;
    const outputDir = await workspace.folder(join(name, 'dataset'));
    const request = { agent, asOf: meta.asOf, seed, plan };
    const job = prepareJob(request, { bars: workspace.barsPath, outputDir });
    const key = cacheKey({ trainer: this.config.trainerPath, ...meta, spec: specOf(job) });
    const isOutput = (file: string): boolean => file === DATASET_REPORT;
    const produce = (): Promise<void> => this.runPrepare(materials, job, span);
    await context.progress(span.from, `preparing ${snapshot.rows} bars`);
    await this.cache.fill({ key, outputDir, isOutput, signal: context.signal, produce });
    const dataset = await workspace.dataset(outputDir);
    await context.log('info', `${dataset.rows} rows, ${dataset.effectiveSamples.toFixed(0)} effective samples`);
    const rows = join(outputDir, DATASET_ROWS);
    const datasetPath = async (): Promise<string> => {
      if (!existsSync(rows)) await this.runPrepare(materials, job);
      return rows;
    };
    return { ...materials, name, dataset, datasetPath };
  }

  /**
   * A training as of a sealed instant chooses on sealed bars: an opening, logged and numbered. Not if a policy asked for
   * it: that was declared before and decides as of each instant, and its replay logs one opening for all.
   */
  private async logOpening(context: JobContext, request: TrainingRequest, dataHash: string): Promise<void> {
    const { agent, asOf, promote } = request;
    const sealedFrom = new Date(`${agent.sealedFrom}T00:00:00Z`);
    if (asOf <= sealedFrom || promote === 'by_policy') return;
    const opening = { agent: agent.agent, jobId: context.job.id, sealedFrom, dataHash };
    const number = await this.openings.open(opening, (runner) => context.fence(runner));
    await context.log(
      'warn',
      `opening ${number} of the sealed span: this training chooses on bars from ${agent.sealedFrom} on`,
    );
  }

  private async snapshot({ agent, asOf }: TrainingRequest): Promise<SeriesSnapshot> {
    const snapshot = await this.bars.fresh(agent.source.series, asOf);
    if (snapshot.rows > 0) return snapshot;
    throw callerError(
      'NO_BARS',
      `No bars of ${agent.source.series} were known at ${asOf.toISOString()}: ingest them first.`,
    );
  }

  /** Shows its progress in `span`, if it has one. */
  private async runPrepare(materials: TrainingMaterials, job: TrainerJob, span?: ProgressSpan): Promise<void> {
    const { context, workspace, snapshot } = materials;
    const progress = async (fraction: number, message: string): Promise<void> => {
      if (span !== undefined) await context.progress(span.from + (span.to - span.from) * fraction, message);
    };
    await workspace.writeBars(formatBarsCsv(snapshot));
    await runTrainer({
      trainer: this.config.trainerPath,
      job,
      name: 'prepare',
      signal: context.signal,
      onEvent: async (event) => {
        if (event.event === 'progress') await progress(event.fraction, event.message);
        if (event.event === 'log') await context.log('info', event.message);
      },
    });
  }
}
