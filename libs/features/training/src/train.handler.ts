import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ARTIFACT_STORE, type ArtifactStore } from '@tidemark/artifacts';
import { APP_CONFIG, AgentCatalog, type AppConfig } from '@tidemark/config';
import { trainPayloadSchema, type Agent, type Family, type GateEvidence, type ModelVersion, type TrainPayload } from '@tidemark/contracts';
import { JobHandlers, type JobContext, type JobHandler } from '@tidemark/jobs';
import { CLOCK, callerError, instantOf, type Clock } from '@tidemark/kernel';
import { BAR_READER, snapshotHash, type BarReader, type SeriesSnapshot } from '@tidemark/market-data/read';
import { VERSION_CATALOG, VERSION_REGISTRAR, type ProductionVersion, type VersionCatalog, type VersionRegistrar } from '@tidemark/registry/read';
import { CODE_VERSION } from './code-version.js';
import { FamilyFitter, type FitTask, type FittedFamily } from './family-fitter.js';
import { askGate } from './gate.js';
import { RunRepository } from './run.repository.js';
import { formatBarsCsv, prepareJob } from './trainer-jobs.js';
import { runTrainer } from './trainer-process.js';
import { TrainingWorkspace } from './training-workspace.js';

/** Shares of the job's progress bar. */
const PREPARED = 0.1;
const FITTED = 0.9;

/**
 * Job `train`: bars as known at `asOf` → dataset → every family fitted → the best by the choice slices → gate against
 * the version in Production → registered, and promoted if the gate passes. Fenced throughout: an attempt that lost its
 * lease writes nothing, and the job registers one version however often it is delivered.
 */
@Injectable()
export class TrainHandler implements JobHandler, OnModuleInit {
  readonly kind = 'train' as const;

  constructor(
    private readonly agents: AgentCatalog,
    @Inject(BAR_READER) private readonly bars: BarReader,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    @Inject(VERSION_REGISTRAR) private readonly registrar: VersionRegistrar,
    @Inject(ARTIFACT_STORE) private readonly artifacts: ArtifactStore,
    private readonly fitter: FamilyFitter,
    private readonly runs: RunRepository,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async run(context: JobContext): Promise<Record<string, unknown>> {
    const payload = trainPayloadSchema.parse(context.job.payload);
    const { agent } = this.agents.byName(payload.agent);
    const asOf = payload.asOf === undefined ? this.clock.now() : instantOf(payload.asOf, 'end');
    await this.runs.closeLost(context.job.id, this.clock.now());
    const workspace = await TrainingWorkspace.create(this.config.dataDir, context.job.id);
    try {
      const task = await this.prepare(context, agent, payload, asOf, workspace);
      const snapshot = await this.snapshot(agent, asOf);
      const incumbent = await this.ensureBaseline(task);
      const fitted = await this.fitAll(task, payload.families ?? agent.families);
      const best = bestOf(fitted);
      await context.log('info', `${best.family} has the lowest loss on the choice slices: ${choiceLoss(best)}`);
      const gate = await this.gate(task, snapshot, best, incumbent);
      const version = await this.register(task, payload, best, gate);
      const promoted = gate.passed && (await this.promote(context, version));
      return { ...summary(version, gate, fitted), promoted, dataHash: task.meta.dataHash };
    } finally {
      await workspace.remove();
    }
  }

  private async snapshot(agent: Agent, asOf: Date): Promise<SeriesSnapshot> {
    const snapshot = await this.bars.series(agent.source.series, asOf);
    if (snapshot.rows > 0) return snapshot;
    throw callerError('NO_BARS', `No bars of ${agent.source.series} were known at ${asOf.toISOString()}: ingest them first.`);
  }

  private async prepare(context: JobContext, agent: Agent, payload: TrainPayload, asOf: Date, workspace: TrainingWorkspace): Promise<FitTask> {
    const snapshot = await this.snapshot(agent, asOf);
    const seed = payload.seed ?? agent.seed;
    await workspace.writeBars(formatBarsCsv(snapshot));
    const outputDir = await workspace.folder('dataset');
    const job = prepareJob(agent, asOf, seed, { bars: workspace.barsPath, outputDir });
    await context.progress(0, `preparing ${snapshot.rows} bars`);
    await runTrainer({
      trainer: this.config.trainerPath,
      job,
      name: 'prepare',
      signal: context.signal,
      onEvent: async (event) => {
        if (event.event === 'progress') await context.progress(PREPARED * event.fraction, event.message);
      },
    });
    const dataset = await workspace.dataset();
    await context.log('info', `${dataset.rows} rows, ${dataset.effectiveSamples.toFixed(0)} effective samples`);
    return { context, agent, seed, dataset, meta: { asOf, dataHash: snapshotHash(snapshot), codeVersion: CODE_VERSION }, workspace };
  }

  /** The naive baseline is registered and in Production before anything else is trained. */
  private async ensureBaseline(task: FitTask): Promise<ProductionVersion> {
    const { agent, context } = task;
    const serving = await this.catalog.production(agent.agent);
    if (serving !== undefined) return serving;
    let version = await this.catalog.firstVersion(agent.agent);
    if (version === undefined) {
      const fitted = await this.fitter.fit(task, agent.baseline, { from: PREPARED, to: PREPARED });
      version = await this.registrar.register({
        model: agent.agent,
        outputDir: fitted.outputDir,
        dataHash: task.meta.dataHash,
        asOf: task.meta.asOf,
        runId: fitted.runId,
        fence: (runner) => context.fence(runner),
      });
    }
    await this.registrar.promote({ model: agent.agent, version: version.version, actor: actorOf(context), fence: (runner) => context.fence(runner) });
    await context.log('info', `${agent.baseline} ${version.version} is in Production as the naive baseline`);
    return (await this.catalog.production(agent.agent))!;
  }

  private async fitAll(task: FitTask, families: readonly Family[]): Promise<FittedFamily[]> {
    const fitted: FittedFamily[] = [];
    const share = (FITTED - PREPARED) / families.length;
    for (const [index, family] of families.entries()) {
      const from = PREPARED + share * index;
      fitted.push(await this.fitter.fit(task, family, { from, to: from + share }));
    }
    return fitted;
  }

  private async gate(task: FitTask, snapshot: SeriesSnapshot, best: FittedFamily, incumbent: ModelVersion): Promise<GateEvidence> {
    await task.context.progress(FITTED, 'gate');
    const gate = await askGate({
      agent: task.agent,
      snapshot,
      slice: task.dataset.split.gate,
      candidate: { sha256: best.artifactSha256, path: await this.artifacts.pathOf(best.artifactSha256) },
      incumbent: {
        sha256: incumbent.artifactSha256,
        path: await this.artifacts.pathOf(incumbent.artifactSha256),
        version: incumbent.version,
      },
    });
    await task.context.log('info', `gate ${gate.passed ? 'passed' : 'not passed'}: ${gate.reason}`);
    return gate;
  }

  private async register(task: FitTask, payload: TrainPayload, best: FittedFamily, gate: GateEvidence): Promise<ModelVersion> {
    const { context, agent, meta } = task;
    return this.registrar.register({
      model: agent.agent,
      outputDir: best.outputDir,
      dataHash: meta.dataHash,
      asOf: meta.asOf,
      gate,
      runId: best.runId,
      jobId: context.job.id,
      bump: payload.bump,
      fence: (runner) => context.fence(runner),
    });
  }

  private async promote(context: JobContext, version: ModelVersion): Promise<boolean> {
    await this.registrar.promote({
      model: version.model,
      version: version.version,
      actor: actorOf(context),
      fence: (runner) => context.fence(runner),
    });
    return true;
  }
}

function actorOf(context: JobContext): string {
  return `job:${context.job.id}`;
}

function choiceLoss(fitted: FittedFamily): number {
  return fitted.report.metrics['choice.loss'] ?? Number.POSITIVE_INFINITY;
}

function bestOf(fitted: readonly FittedFamily[]): FittedFamily {
  return [...fitted].sort((a, b) => choiceLoss(a) - choiceLoss(b))[0]!;
}

function summary(version: ModelVersion, gate: GateEvidence, fitted: readonly FittedFamily[]): Record<string, unknown> {
  return {
    version: version.version,
    sequence: version.sequence,
    family: version.family,
    gate: { passed: gate.passed, reason: gate.reason },
    families: fitted.map(({ family, runId, artifactSha256, report }) => ({
      family,
      runId,
      artifactSha256,
      choiceLoss: report.metrics['choice.loss'],
    })),
  };
}
