import { Injectable } from '@nestjs/common';
import type { Family, GateEvidence, ModelVersion } from '@tidemark/contracts';
import type { JobContext } from '@tidemark/jobs';
import { defect } from '@tidemark/kernel';
import { BaselineService } from './baseline.service.js';
import { CandidateService } from './candidate.service.js';
import { DatasetPreparer, type TrainingRequest } from './dataset-preparer.js';
import { FamilyFitter, type FittedFamily } from './family-fitter.js';
import { eventRows } from './row-range.js';
import { isConstant, score } from './scoring.js';
import type { TrainOrder } from './train-order.js';
import { gateSlice, type TrainingMaterials, type TrainingTask } from './training-task.js';

/** Shares of the job's progress bar that are full when the dataset is prepared, and when every family is fitted. */
const PREPARED = 0.1;
const FITTED = 0.9;
/** … and when there is a stand-in to compare with, if one is needed. */
const COMPARABLE = 0.95;

interface Choice {
  readonly best: FittedFamily;
  /** Families of lower loss that answer the same on every bar. */
  readonly passedOver: readonly Family[];
}

/** Every family fitted → the best by the choice slices → gate against what serves: the artifact compared is registered. */
@Injectable()
export class NewRecipeService {
  constructor(
    private readonly preparer: DatasetPreparer,
    private readonly baselines: BaselineService,
    private readonly fitter: FamilyFitter,
    private readonly candidates: CandidateService,
  ) {}

  async train(context: JobContext, request: TrainingRequest): Promise<ModelVersion> {
    return this.preparer.with(context, request, (materials) => this.trainWith(materials, request));
  }

  private async trainWith(materials: TrainingMaterials, order: TrainOrder): Promise<ModelVersion> {
    const { context, agent } = materials;
    await this.baselines.ensure(materials, { from: 0, to: 0 });
    const task = await this.preparer.prepare(materials, { scheme: 'walk_forward' }, { from: 0, to: PREPARED });
    const choice = await this.choose(task, await this.fitAll(task, order.families));
    await context.progress(FITTED, 'gate');
    const serving = await this.candidates.serving(task);
    if (serving === undefined) throw defect('BASELINE_MISSING', `${agent.agent} has nothing in Production.`);
    const standIn = order.rule.kind === 'none' ? undefined : await this.standInOf(task, serving);
    const challenge = { rule: order.rule, isRefit: false, serving, standIn };
    const gate = await this.candidates.gate(task, choice.best, challenge);
    return this.candidates.register(task, choice.best, withPassedOver(gate, choice), order.bump);
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

  /**
   * The lowest loss on the choice slices; of equals the first. A model that answers the same on every bar of the gate
   * slice could not pass, so it gives way to the next best; when all do, the best is kept for the gate to refuse.
   */
  private async choose(task: TrainingTask, fitted: readonly FittedFamily[]): Promise<Choice> {
    const { context } = task;
    const ranked = [...fitted].sort((a, b) => choiceLoss(a) - choiceLoss(b));
    const passedOver: Family[] = [];
    for (const best of ranked) {
      if (!(await this.isConstant(task, best))) {
        await context.log('info', `${best.family} has the lowest loss on the choice slices: ${choiceLoss(best)}`);
        return { best, passedOver };
      }
      passedOver.push(best.family);
      await context.log('warn', `${best.family} gives the same answer on every bar of the gate slice: passed over`);
    }
    return { best: ranked[0]!, passedOver: [] };
  }

  private async isConstant({ snapshot, ...task }: TrainingTask, fitted: FittedFamily): Promise<boolean> {
    const { from, to } = gateSlice(task);
    const rows = eventRows(snapshot, new Date(from), new Date(to));
    return isConstant(await score(await this.candidates.side(fitted.artifactSha256), snapshot, ...rows));
  }

  /**
   * A refit that serves was fitted on bars of the gate slice, so its recipe is fitted once more without them: the two
   * recipes are compared with the same knowledge.
   */
  private async standInOf(task: TrainingTask, serving: ModelVersion): Promise<FittedFamily | undefined> {
    if (serving.gate?.refit === undefined) return undefined;
    const { gateBars } = task.agent.validation;
    const span = { from: FITTED, to: COMPARABLE };
    const without = await this.preparer.prepare(task, { scheme: 'refit', gateBars }, { from: FITTED, to: FITTED });
    await task.context.log(
      'info',
      `${serving.version} has seen the gate slice: ${serving.family} is fitted without it`,
    );
    return this.fitter.fit(without, serving.family, span);
  }
}

function choiceLoss(fitted: FittedFamily): number {
  return fitted.report.metrics['choice.loss'] ?? Number.POSITIVE_INFINITY;
}

function withPassedOver(gate: GateEvidence, { passedOver }: Choice): GateEvidence {
  if (passedOver.length === 0) return gate;
  return { ...gate, reason: `${gate.reason} (passed over for the same answer on every bar: ${passedOver.join(', ')})` };
}
