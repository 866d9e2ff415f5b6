import { Inject, Injectable } from '@nestjs/common';
import { ARTIFACT_STORE, type ArtifactStore } from '@tidemark/artifacts';
import type { GateEvidence, ModelVersion } from '@tidemark/contracts';
import type { JobContext } from '@tidemark/jobs';
import { defect, isTidemarkError } from '@tidemark/kernel';
import {
  VERSION_CATALOG,
  VERSION_REGISTRAR,
  type VersionCatalog,
  type VersionRegistrar,
} from '@tidemark/registry/read';
import type { QueryRunner } from 'typeorm';
import type { FittedFamily } from './family-fitter.js';
import { askGate, type GateSide } from './gate.js';
import type { TrainingTask } from './training-task.js';

/** From the best fit to a registered version, and to Production if it passes the gate. */
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

  /** Compares the fit with what is in Production now. */
  async gate(task: TrainingTask, best: FittedFamily): Promise<GateEvidence> {
    const { agent, snapshot, dataset, meta, context } = task;
    const incumbent = await this.catalog.production(agent.agent);
    if (incumbent === undefined) throw defect('BASELINE_MISSING', `${agent.agent} has nothing in Production.`);
    const slice = dataset.split.gate;
    const gate = await askGate({
      agent,
      snapshot,
      slice,
      earlierGates: await this.catalog.gatesAsked(agent.agent, new Date(slice.from), new Date(slice.to)),
      asOf: meta.asOf,
      candidate: await this.side(best.artifactSha256),
      incumbent: {
        ...(await this.side(incumbent.artifactSha256)),
        version: incumbent.version,
        family: incumbent.family,
        asOf: new Date(incumbent.lineage.asOf),
      },
    });
    await context.log('info', `gate ${gate.passed ? 'passed' : 'not passed'}: ${gate.reason}`);
    return gate;
  }

  async register(
    task: TrainingTask,
    best: FittedFamily,
    gate: GateEvidence,
    bump: 'patch' | undefined,
  ): Promise<ModelVersion> {
    const { context, agent, meta } = task;
    return this.registrar.register({
      model: agent.agent,
      outputDir: best.outputDir,
      dataHash: meta.dataHash,
      asOf: meta.asOf,
      gate,
      runId: best.runId,
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

  private async side(sha256: string): Promise<GateSide> {
    return { sha256, path: await this.artifacts.pathOf(sha256) };
  }
}
