import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import type { Agent, Dataset } from '@tidemark/contracts';
import { JobStore, type JobContext } from '@tidemark/jobs';
import { callerError } from '@tidemark/kernel';
import { BAR_READER, snapshotHash, type BarReader, type SeriesSnapshot } from '@tidemark/market-data/read';
import { CODE_VERSION } from './code-version.js';
import { SEALED_OPENINGS, type SealedOpenings } from './read/index.js';
import { formatBarsCsv, prepareJob } from './trainer-jobs.js';
import { runTrainer } from './trainer-process.js';
import type { TrainingTask } from './training-task.js';
import { TrainingWorkspace } from './training-workspace.js';

/** Share of the job's progress bar that preparing fills. */
export const PREPARED = 0.1;

export interface TrainingRequest {
  readonly agent: Agent;
  readonly asOf: Date;
  readonly seed: number;
}

/** Turns the bars known at an instant into a dataset, in a workspace of the attempt. */
@Injectable()
export class DatasetPreparer implements OnModuleInit {
  constructor(
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly jobs: JobStore,
    @Inject(SEALED_OPENINGS) private readonly openings: SealedOpenings,
  ) {}

  async onModuleInit(): Promise<void> {
    await TrainingWorkspace.removeAbandoned(this.config.dataDir, async (jobId) => {
      const state = (await this.jobs.find(jobId))?.state;
      return state === 'queued' || state === 'running';
    });
  }

  /** Prepares, hands the training to `work`, and removes the workspace however that ends. @throws NO_BARS */
  async with<T>(context: JobContext, request: TrainingRequest, work: (task: TrainingTask) => Promise<T>): Promise<T> {
    const workspace = await TrainingWorkspace.create(this.config.dataDir, context.job);
    try {
      return await work(await this.prepare(context, request, workspace));
    } finally {
      await workspace.remove();
    }
  }

  private async prepare(
    context: JobContext,
    request: TrainingRequest,
    workspace: TrainingWorkspace,
  ): Promise<TrainingTask> {
    const { asOf } = request;
    const snapshot = await this.snapshot(request);
    const dataHash = snapshotHash(snapshot);
    await this.logOpening(context, request, dataHash);
    await workspace.writeBars(formatBarsCsv(snapshot));
    await context.progress(0, `preparing ${snapshot.rows} bars`);
    const dataset = await this.runPrepare(context, request, workspace);
    await context.log('info', `${dataset.rows} rows, ${dataset.effectiveSamples.toFixed(0)} effective samples`);
    const meta = { asOf, dataHash, codeVersion: CODE_VERSION };
    return { ...request, context, snapshot, dataset, meta, workspace };
  }

  /** A training as of a sealed instant chooses on sealed bars: an opening like a walk's, logged and numbered. */
  private async logOpening(context: JobContext, { agent, asOf }: TrainingRequest, dataHash: string): Promise<void> {
    const sealedFrom = new Date(`${agent.sealedFrom}T00:00:00Z`);
    if (asOf <= sealedFrom) return;
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

  private async runPrepare(
    context: JobContext,
    { agent, asOf, seed }: TrainingRequest,
    workspace: TrainingWorkspace,
  ): Promise<Dataset> {
    const outputDir = await workspace.folder('dataset');
    await runTrainer({
      trainer: this.config.trainerPath,
      job: prepareJob(agent, asOf, seed, { bars: workspace.barsPath, outputDir }),
      name: 'prepare',
      signal: context.signal,
      onEvent: async (event) => {
        if (event.event === 'progress') await context.progress(PREPARED * event.fraction, event.message);
        if (event.event === 'log') await context.log('info', event.message);
      },
    });
    return workspace.dataset();
  }
}
