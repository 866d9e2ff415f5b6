import { Inject, Injectable } from '@nestjs/common';
import { ARTIFACT_STORE, type ArtifactStore } from '@tidemark/artifacts';
import type { GateEvidence, ModelVersion } from '@tidemark/contracts';
import type { JobContext } from '@tidemark/jobs';
import { isTidemarkError } from '@tidemark/kernel';
import {
  VERSION_CATALOG,
  VERSION_REGISTRAR,
  type VersionCatalog,
  type VersionRegistrar,
} from '@tidemark/registry/read';
import type { QueryRunner } from 'typeorm';
import type { FittedFamily } from './family-fitter.js';
import { askGate, type GateRule } from './gate.js';
import type { GateSide } from './scoring.js';
import { gateSlice, type TrainingTask } from './training-task.js';

/** What a fit is compared with, and by which rule. */
export interface Challenge {
  readonly rule: GateRule;
  readonly isRefit: boolean;
  readonly serving: ModelVersion;
  /** Compared in place of the serving version. */
  readonly standIn?: FittedFamily;
}

/** From a fit to a registered version, and to Production if it passes the gate. */
@Injectable()
export class CandidateService {
  constructor(
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
    @Inject(VERSION_REGISTRAR) private readonly registrar: VersionRegistrar,
    @Inject(ARTIFACT_STORE) private readonly artifacts: ArtifactStore,
  ) {}

  /** What an earlier attempt of the job registered before it ended. */
  async registeredBy(jobId: string): Promise<ModelVersion | undefined> {
    return this.catalog.versionOfJob(jobId);
  }

  async serving(task: Pick<TrainingTask, 'agent'>): Promise<ModelVersion | undefined> {
    return this.catalog.production(task.agent.agent);
  }

  /** Compares the fit with what serves, on the gate slice of its task. */
  async gate(task: TrainingTask, fitted: FittedFamily, challenge: Challenge): Promise<GateEvidence> {
    const { agent, snapshot, meta } = task;
    const { rule, isRefit, serving, standIn } = challenge;
    const slice = gateSlice(task);
    return askGate({
      agent,
      snapshot,
      slice,
      rule,
      isRefit,
      earlierGates: await this.catalog.gatesAsked(agent.agent, new Date(slice.from), new Date(slice.to)),
      asOf: meta.asOf,
      candidate: await this.side(fitted.artifactSha256),
      incumbent: {
        ...(await this.side(serving.artifactSha256)),
        version: serving.version,
        family: serving.family,
        asOf: new Date(serving.lineage.asOf),
        ...(standIn === undefined ? {} : { standIn: await this.side(standIn.artifactSha256) }),
      },
    });
  }

  async register(
    task: TrainingTask,
    fitted: FittedFamily,
    gate: GateEvidence,
    bump: 'patch' | undefined,
  ): Promise<ModelVersion> {
    const { context, agent, meta } = task;
    await context.log('info', `gate ${gate.passed ? 'passed' : 'not passed'}: ${gate.reason}`);
    return this.registrar.register({
      model: agent.agent,
      outputDir: fitted.outputDir,
      dataHash: meta.dataHash,
      asOf: meta.asOf,
      gate,
      runId: fitted.runId,
      jobId: context.job.id,
      bump,
      fence: (runner) => context.fence(runner),
    });
  }

  /** Promotes a version that passed the gate, unless what it was compared with has been replaced since. */
  async promoteIfPassed(context: JobContext, version: ModelVersion): Promise<boolean> {
    if (version.gate?.passed !== true) return false;
    const fence = (runner: QueryRunner): Promise<void> => context.fence(runner);
    const actor = `job:${context.job.id}`;
    try {
      await this.registrar.promote({ model: version.model, version: version.version, actor, fence });
      return true;
    } catch (error) {
      if (!isTidemarkError(error) || error.code !== 'GATE_NOT_PASSED') throw error;
      await context.log('warn', `${version.version} is registered but not promoted: ${error.message}`);
      return false;
    }
  }

  async side(sha256: string): Promise<GateSide> {
    return { sha256, path: await this.artifacts.pathOf(sha256) };
  }
}
