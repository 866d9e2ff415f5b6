import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AgentCatalog } from '@tidemark/config';
import { trainPayloadSchema, type ModelVersion, type Run, type TrainPayload } from '@tidemark/contracts';
import { JobHandlers, type JobContext, type JobHandler } from '@tidemark/jobs';
import { CLOCK, SteppedClock, asOfInstant, inWorld, type Clock } from '@tidemark/kernel';
import { CandidateService } from './candidate.service.js';
import type { TrainingRequest } from './dataset-preparer.js';
import { FamilyFitter } from './family-fitter.js';
import { RunRepository } from './run.repository.js';
import { trainOrder } from './train-order.js';
import { TrainingModes } from './training-modes.js';

/** Models that a refit fits: without the newest bars, to be compared on them, and with them. */
const REFIT_FITS = 2;

/**
 * Job `train`: bars as known at `asOf` → a new recipe or a refit of the serving one → gate against the version in
 * Production → registered, and promoted if the gate passes and no policy decides about it. A job that names a timeline
 * works in that world, where it is `asOf`. Fenced throughout: an attempt that lost its lease writes nothing, and the job
 * registers one version however often it is delivered.
 */
@Injectable()
export class TrainHandler implements JobHandler, OnModuleInit {
  readonly kind = 'train' as const;

  constructor(
    private readonly agents: AgentCatalog,
    private readonly modes: TrainingModes,
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
    const payload = trainPayloadSchema.parse(context.job.payload);
    const order = trainOrder(this.agents.byName(payload.agent).agent, payload);
    const request = { ...order, asOf: this.instantOf(payload) };
    const work = (): Promise<Record<string, unknown>> => this.work(context, request);
    const { timeline } = payload;
    return timeline === undefined ? work() : inWorld({ timeline, clock: new SteppedClock(request.asOf) }, work);
  }

  private instantOf(payload: TrainPayload): Date {
    const now = this.clock.now();
    return payload.asOf === undefined ? now : asOfInstant(payload.asOf, now);
  }

  private async work(context: JobContext, request: TrainingRequest): Promise<Record<string, unknown>> {
    await this.fitter.closeLost(context);
    const version = (await this.candidates.registeredBy(context.job.id)) ?? (await this.modes.train(context, request));
    const isOurs = request.promote === 'if_passed';
    const promoted = isOurs && (await this.candidates.promoteIfPassed(context, version));
    return this.result(request, version, promoted);
  }

  /** Read from what is stored, so that an attempt which finds its work done answers the same. */
  private async result(
    request: TrainingRequest,
    version: ModelVersion,
    promoted: boolean,
  ): Promise<Record<string, unknown>> {
    const { mode } = request;
    const { runId, dataHash } = version.lineage;
    const runs = runId === undefined ? [] : await this.runsOf(mode, runId);
    return {
      version: version.version,
      sequence: version.sequence,
      family: version.family,
      artifactSha256: version.artifactSha256,
      mode,
      gate: version.gate,
      fits: fitsOf(request),
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

  /** Of families that competed; else the registered one. */
  private async runsOf(mode: TrainingRequest['mode'], runId: string): Promise<Run[]> {
    return mode === 'new_recipe' ? this.runs.ofJobOf(runId) : [await this.runs.get(runId)];
  }
}

function fitsOf({ mode, families, rule }: TrainingRequest): number {
  if (mode === 'new_recipe') return families.length;
  return mode === 'refit' && rule.kind !== 'none' ? REFIT_FITS : 1;
}
