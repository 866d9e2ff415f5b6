import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import { trainPayloadSchema, type Family, type ModelVersion, type TrainPayload } from '@tidemark/contracts';
import { JobHandlers, type JobContext, type JobHandler } from '@tidemark/jobs';
import { CLOCK, asOfInstant, type Clock } from '@tidemark/kernel';
import { BaselineService } from './baseline.service.js';
import { CandidateService } from './candidate.service.js';
import { DatasetPreparer, PREPARED } from './dataset-preparer.js';
import { wantedFamilies } from './families.js';
import { FamilyFitter, type FittedFamily } from './family-fitter.js';
import { RunRepository } from './run.repository.js';
import type { TrainingTask } from './training-task.js';

/** Share of the job's progress bar that is full when every family is fitted. */
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
    private readonly preparer: DatasetPreparer,
    private readonly baselines: BaselineService,
    private readonly fitter: FamilyFitter,
    private readonly candidates: CandidateService,
    private readonly runs: RunRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async run(context: JobContext): Promise<Record<string, unknown>> {
    await this.fitter.closeLost(context);
    const version =
      (await this.candidates.registeredBy(context.job.id)) ??
      (await this.train(context, trainPayloadSchema.parse(context.job.payload)));
    const promoted = await this.candidates.promoteIfPassed(context, version);
    return this.result(version, promoted);
  }

  private async train(context: JobContext, payload: TrainPayload): Promise<ModelVersion> {
    const { agent } = this.agents.byName(payload.agent);
    const families = wantedFamilies(agent, payload);
    const now = this.clock.now();
    const asOf = payload.asOf === undefined ? now : asOfInstant(payload.asOf, now);
    return this.preparer.with(context, { agent, asOf, seed: payload.seed ?? agent.seed }, async (task) => {
      await this.baselines.ensure(task);
      const best = bestOf(await this.fitAll(task, families));
      await context.log('info', `${best.family} has the lowest loss on the choice slices: ${choiceLoss(best)}`);
      await context.progress(FITTED, 'gate');
      const gate = await this.candidates.gate(task, best);
      return this.candidates.register(task, best, gate, payload.bump);
    });
  }

  private async fitAll(task: TrainingTask, families: readonly Family[]): Promise<FittedFamily[]> {
    const fitted: FittedFamily[] = [];
    const share = (FITTED - PREPARED) / families.length;
    for (const [index, family] of families.entries()) {
      const from = PREPARED + share * index;
      fitted.push(await this.fitter.fit(task, family, { from, to: from + share }));
    }
    return fitted;
  }

  /** Read from what is stored, so that an attempt which finds its work done answers the same. */
  private async result(version: ModelVersion, promoted: boolean): Promise<Record<string, unknown>> {
    const { runId, dataHash } = version.lineage;
    const runs = runId === undefined ? [] : await this.runs.ofJobOf(runId);
    return {
      version: version.version,
      sequence: version.sequence,
      family: version.family,
      gate: { passed: version.gate?.passed ?? false, reason: version.gate?.reason ?? '' },
      families: runs.map(({ id, family, artifactSha256, metrics }) => ({
        family,
        runId: id,
        artifactSha256,
        choiceLoss: metrics['choice.loss'],
      })),
      promoted,
      dataHash,
    };
  }
}

function choiceLoss(fitted: FittedFamily): number {
  return fitted.report.metrics['choice.loss'] ?? Number.POSITIVE_INFINITY;
}

/** The lowest loss on the choice slices; of equals the first. */
function bestOf(fitted: readonly FittedFamily[]): FittedFamily {
  return fitted.reduce((best, other) => (choiceLoss(other) < choiceLoss(best) ? other : best));
}
