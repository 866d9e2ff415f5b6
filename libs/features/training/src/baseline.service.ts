import { Inject, Injectable } from '@nestjs/common';
import type { ModelVersion } from '@tidemark/contracts';
import { execute } from '@tidemark/database';
import type { JobContext } from '@tidemark/jobs';
import { conflict, isTidemarkError } from '@tidemark/kernel';
import {
  VERSION_CATALOG,
  VERSION_REGISTRAR,
  type VersionCatalog,
  type VersionRegistrar,
} from '@tidemark/registry/read';
import type { QueryRunner } from 'typeorm';
import { DatasetPreparer, type TrainingRequest } from './dataset-preparer.js';
import { FamilyFitter } from './family-fitter.js';
import type { ProgressSpan, TrainingMaterials } from './training-task.js';

const BASELINE_EXISTS = 'BASELINE_EXISTS';
const WHOLE: ProgressSpan = { from: 0, to: 1 };

/** Sees to it that an agent's naive baseline is its first version and in Production before anything else is trained. */
@Injectable()
export class BaselineService {
  constructor(
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    @Inject(VERSION_REGISTRAR) private readonly registrar: VersionRegistrar,
    private readonly preparer: DatasetPreparer,
    private readonly fitter: FamilyFitter,
  ) {}

  /** A job of its own: only the baseline, fitted on all that was known. */
  async train(context: JobContext, request: TrainingRequest): Promise<ModelVersion> {
    await this.preparer.with(context, request, (materials) => this.ensure(materials, WHOLE));
    return (await this.catalog.firstVersion(request.agent.agent))!;
  }

  /**
   * Does nothing when the agent has a version in Production. Trainings of one agent may run side by side. A baseline has
   * nothing to be chosen by, so it is fitted on all rows.
   */
  async ensure(materials: TrainingMaterials, span: ProgressSpan): Promise<void> {
    const { agent, context } = materials;
    if ((await this.catalog.production(agent.agent)) !== undefined) return;
    const baseline = (await this.catalog.firstVersion(agent.agent)) ?? (await this.register(materials, span));
    if (await this.promote(materials, baseline)) {
      await context.log('info', `${agent.baseline} ${baseline.version} is in Production as the naive baseline`);
    }
  }

  private async register(materials: TrainingMaterials, span: ProgressSpan): Promise<ModelVersion> {
    const { agent, context, meta } = materials;
    const task = await this.preparer.prepare(materials, { scheme: 'whole' }, span);
    const { outputDir, runId } = await this.fitter.fit(task, agent.baseline, span);
    const { dataHash, asOf } = meta;
    const fence = async (runner: QueryRunner): Promise<void> => {
      await context.fence(runner);
      await this.refuseSecond(runner, agent.agent);
    };
    try {
      return await this.registrar.register({ model: agent.agent, outputDir, dataHash, asOf, runId, fence });
    } catch (error) {
      const first = hasCode(error, BASELINE_EXISTS) ? await this.catalog.firstVersion(agent.agent) : undefined;
      if (first === undefined) throw error;
      return first;
    }
  }

  /** Two first trainings may both have fitted a baseline: one of them registers it. */
  private async refuseSecond(runner: QueryRunner, agent: string): Promise<void> {
    await execute(runner, `select pg_advisory_xact_lock(hashtextextended('baseline:' || $1, 0))`, [agent]);
    if ((await this.catalog.firstVersion(agent)) === undefined) return;
    throw conflict(BASELINE_EXISTS, `${agent} has a baseline already.`, { agent });
  }

  /** False when another training has brought a version into Production meanwhile. */
  private async promote({ agent, context }: TrainingMaterials, baseline: ModelVersion): Promise<boolean> {
    const fence = (runner: QueryRunner): Promise<void> => context.fence(runner);
    const actor = `job:${context.job.id}`;
    try {
      await this.registrar.promote({ model: agent.agent, version: baseline.version, actor, fence });
      return true;
    } catch (error) {
      if (hasCode(error, 'GATE_NOT_PASSED')) return false;
      throw error;
    }
  }
}

function hasCode(error: unknown, code: string): boolean {
  return isTidemarkError(error) && error.code === code;
}
