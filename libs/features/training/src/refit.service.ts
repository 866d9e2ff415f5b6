import { Injectable } from '@nestjs/common';
import type { GateEvidence, ModelVersion } from '@tidemark/contracts';
import type { JobContext } from '@tidemark/jobs';
import { callerError } from '@tidemark/kernel';
import { CandidateService } from './candidate.service.js';
import { DatasetPreparer, type TrainingRequest } from './dataset-preparer.js';
import { FamilyFitter, type FittedFamily } from './family-fitter.js';
import { PARAMETER_FREE } from './gate.js';
import { REFERENCE_BARS, sanityOf } from './refit-sanity.js';
import { firstRowFrom } from './row-range.js';
import { lossOf, score } from './scoring.js';
import type { TrainOrder } from './train-order.js';
import type { TrainingMaterials, TrainingTask } from './training-task.js';

/** First row that a volatility model answers: after burn-in and residuals, `WindowParams` of crates/models. */
const VOLATILITY_ROW = 510;

/** Ends of the parts of the job's progress bar, in the order of the steps. */
const COMPARED = { prepared: 0.05, fitted: 0.45 };
const WHOLE = { prepared: 0.5, fitted: 0.9 };

/**
 * The serving recipe on newer bars. Fitted without the newest matured ones it is compared on them with the serving
 * version; what is registered is the same recipe fitted on all rows matured by then, if its outputs are sane. Without a
 * gate no comparison could change what happens, so there is none, and the evidence says so.
 */
@Injectable()
export class RefitService {
  constructor(
    private readonly preparer: DatasetPreparer,
    private readonly fitter: FamilyFitter,
    private readonly candidates: CandidateService,
  ) {}

  /** @throws REFIT_OF_BASELINE when what serves has nothing to fit */
  async train(context: JobContext, request: TrainingRequest): Promise<ModelVersion> {
    const serving = await this.candidates.serving(request);
    if (serving === undefined || PARAMETER_FREE.includes(serving.family)) {
      throw nothingToRefit(request.agent.agent, serving);
    }
    return this.preparer.with(context, request, (materials) => this.refit(materials, request, serving));
  }

  private async refit(materials: TrainingMaterials, order: TrainOrder, serving: ModelVersion): Promise<ModelVersion> {
    const isGated = order.rule.kind !== 'none';
    const gate = isGated ? await this.compare(materials, order, serving) : notCompared(order);
    const from = isGated ? COMPARED.fitted : 0;
    const task = await this.preparer.prepare(materials, { scheme: 'refit', gateBars: 0 }, { from, to: WHOLE.prepared });
    const refit = await this.fitter.fit(task, serving.family, { from: WHOLE.prepared, to: WHOLE.fitted });
    const evidence = withSanity(gate, refit, await this.sanity(task, refit, serving));
    return this.candidates.register(task, refit, evidence, order.bump);
  }

  private async compare(
    materials: TrainingMaterials,
    { rule, refitBars }: TrainOrder,
    serving: ModelVersion,
  ): Promise<GateEvidence> {
    const { prepared, fitted } = COMPARED;
    const plan = { scheme: 'refit', gateBars: refitBars } as const;
    const task = await this.preparer.prepare(materials, plan, { from: 0, to: prepared });
    const without = await this.fitter.fit(task, serving.family, { from: prepared, to: fitted });
    return this.candidates.gate(task, without, { rule, isRefit: true, serving });
  }

  private async sanity(task: TrainingTask, refit: FittedFamily, serving: ModelVersion): Promise<string[]> {
    const { agent, snapshot, dataset } = task;
    const usable = firstRowFrom(snapshot, new Date(dataset.split.folds[0].fit.from));
    const answered = agent.task === 'volatility' ? VOLATILITY_ROW : 0;
    const first = Math.min(Math.max(usable, answered, snapshot.rows - REFERENCE_BARS), snapshot.rows - 1);
    const rows = [first, snapshot.rows] as const;
    const outputs = await score(await this.candidates.side(refit.artifactSha256), snapshot, ...rows);
    const reference = await score(await this.candidates.side(serving.artifactSha256), snapshot, ...rows);
    return sanityOf(agent.task, outputs, reference);
  }
}

function notCompared({ agent }: TrainOrder): GateEvidence {
  return { rule: 'none', passed: true, reason: 'no gate: nothing was compared', bars: 0, loss: lossOf(agent) };
}

/** Evidence with the hash of what is registered beside the hash of what was compared. */
function withSanity(gate: GateEvidence, { artifactSha256 }: FittedFamily, sanity: string[]): GateEvidence {
  const evidence = { ...gate, refit: { sha256: artifactSha256 }, sanity };
  if (sanity.length === 0 || gate.rule === 'none') return evidence;
  return { ...evidence, passed: false, reason: `the refit is not sane: ${sanity.join('; ')} (${gate.reason})` };
}

function nothingToRefit(agent: string, serving: ModelVersion | undefined): Error {
  const what =
    serving === undefined ? 'nothing serves' : `${serving.version} serves, whose ${serving.family} has nothing to fit`;
  return callerError(
    'REFIT_OF_BASELINE',
    `A refit fits the serving recipe of ${agent} anew, but ${what}. Train a new recipe instead.`,
    { status: 409, details: { agent } },
  );
}
