import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { ARTIFACT_STORE, type ArtifactStore } from '@tidemark/artifacts';
import { trainerReportSchema, type ModelVersion, type ParityReport, type TrainerReport } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction } from '@tidemark/database';
import { CLOCK, currentTimeline, callerError, uuidV7, type Clock } from '@tidemark/kernel';
import { LOGGER, type Logger } from '@tidemark/telemetry';
import type { DataSource, QueryRunner } from 'typeorm';
import { ModelRepository } from './model.repository.js';
import {
  ModelVersionRepository,
  toModelVersion,
  type ModelKey,
  type NewVersionRow,
} from './model-version.repository.js';
import { checkParity } from './parity.js';
import type { Registration } from './read/index.js';
import { nextVersion } from './version-number.js';

/** Registers what a trainer left in a folder: checks parity, stores the artifact, numbers the version. */
@Injectable()
export class RegistrationService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly models: ModelRepository,
    private readonly versions: ModelVersionRepository,
    @Inject(ARTIFACT_STORE) private readonly artifacts: ArtifactStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Nothing is registered when parity fails. The same job registers once: a second call returns the first version.
   * @throws PARITY_FAILED, PARITY_ROWS_INVALID, SIGNATURE_MISMATCH, TRAINER_REPORT_INVALID, PATCH_CHANGES_RECIPE,
   *   MODEL_TASK_DIFFERS; MODEL_* when the model cannot be loaded
   */
  async register(registration: Registration): Promise<ModelVersion> {
    const report = await readReport(registration.outputDir);
    const modelPath = join(registration.outputDir, 'model.onnx');
    const parity = await checkParity(modelPath, registration.outputDir, report);
    const artifactSha256 = await this.artifacts.put(modelPath);
    if (artifactSha256 !== report.modelSha256) throw changedMeanwhile(modelPath);
    const version = await inTransaction(this.dataSource, async (runner) => {
      await registration.fence?.(runner);
      return this.insert(runner, registration, report, parity, artifactSha256);
    });
    const { model: agent, version: modelVersion, metrics, gate } = version;
    const fields = { agent, modelVersion, metrics, gate: gate?.reason, deployment: 'registered' };
    this.logger.info(fields, 'version registered');
    return version;
  }

  private async insert(
    runner: QueryRunner,
    registration: Registration,
    report: TrainerReport,
    parity: ParityReport,
    artifactSha256: string,
  ): Promise<ModelVersion> {
    const key: ModelKey = { timeline: registration.timeline ?? currentTimeline(), model: registration.model };
    await this.models.ensure(runner, key.model, report.task, this.clock.now());
    await this.models.lock(runner, key);
    const earlier =
      registration.jobId === undefined ? undefined : await this.versions.byJob(registration.jobId, runner);
    if (earlier !== undefined) return toModelVersion(earlier);
    const newest = await this.versions.newest(key, runner);
    const number = nextVersion(newest, { family: report.family, signature: report.signature }, registration.bump);
    const row: NewVersionRow = {
      id: uuidV7(this.clock),
      timeline_id: key.timeline,
      model: key.model,
      sequence: (newest?.sequence ?? 0) + 1,
      ...number,
      family: report.family,
      stage: 'None',
      artifact_sha256: artifactSha256,
      signature: report.signature,
      metrics: report.metrics,
      report,
      parity,
      gate: registration.gate ?? null,
      run_id: registration.runId ?? null,
      job_id: registration.jobId ?? null,
      data_hash: registration.dataHash,
      as_of: registration.asOf,
      code_version: report.codeVersion,
      parent_sequence: newest?.sequence ?? null,
      created_at: this.clock.now(),
    };
    await this.versions.insert(runner, row);
    return toModelVersion((await this.versions.byId(row.id, runner))!);
  }
}

async function readReport(outputDir: string): Promise<TrainerReport> {
  const text = await readFile(join(outputDir, 'report.json'), 'utf8').catch((error: unknown) => {
    throw reportInvalid(`it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  });
  const parsed = trainerReportSchema.safeParse(parseJson(text));
  if (!parsed.success) throw reportInvalid(parsed.error.message);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw reportInvalid(String(error));
  }
}

function reportInvalid(why: string): Error {
  const message = `report.json does not follow the trainer contract: ${why}`;
  return callerError('TRAINER_REPORT_INVALID', message, { status: 422 });
}

function changedMeanwhile(path: string): Error {
  const message = `${path} changed between the parity check and its storage. The version is refused.`;
  return callerError('MODEL_CHANGED', message, { status: 422 });
}
