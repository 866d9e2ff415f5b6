import { Inject, Injectable } from '@nestjs/common';
import type { Deployment } from '@tidemark/contracts';
import { DATA_SOURCE, inTransaction } from '@tidemark/database';
import { CLOCK, callerError, conflict, currentTimeline, notFound, type Clock } from '@tidemark/kernel';
import { LOGGER, type Logger } from '@tidemark/telemetry';
import type { DataSource, QueryRunner } from 'typeorm';
import { DeploymentRepository, toDeployment, type DeploymentRecord } from './deployment.repository.js';
import { ModelRepository } from './model.repository.js';
import { ModelVersionRepository, type ModelKey, type VersionRow } from './model-version.repository.js';
import type { Promotion, Rollback } from './read/index.js';
import { TimelineRepository } from './timeline.repository.js';
import { formatVersion } from './version-number.js';

/**
 * Every change of Production. One transaction archives the old version, sets the new one, raises the generation and
 * notifies the serving processes on commit, so that there is one Production version at any time.
 */
@Injectable()
export class PromotionService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    private readonly models: ModelRepository,
    private readonly versions: ModelVersionRepository,
    private readonly deployments: DeploymentRepository,
    private readonly timelines: TimelineRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Puts a version into Production. Promoting the version that is there already changes nothing.
   * @throws GATE_NOT_PASSED without a passing gate against the version now in Production, GATE_NONE_ON_LIVE for a version that
   *   was to go without one where its timeline serves; unless `override` gives a reason.
   */
  async promote(promotion: Promotion): Promise<Deployment> {
    return this.change(promotion, async (runner, key) => {
      const { version, production, current } = await this.read(runner, key, promotion.version);
      if (production?.id === version.id && current !== undefined) return current;
      if (production !== undefined) await this.requireGate(runner, version, production, promotion);
      return this.deploy(runner, key, version, production, {
        action: production === undefined ? 'baseline' : 'promote',
        actor: promotion.actor,
        reason: promotion.override,
      });
    });
  }

  /**
   * Back to the version served before, or to a named one that has served. Repeating it without a name swaps back.
   * @throws ROLLBACK_NOTHING_BEFORE, ROLLBACK_NEVER_SERVED
   */
  async rollback(rollback: Rollback): Promise<Deployment> {
    return this.change(rollback, async (runner, key) => {
      const production = await this.versions.production(key, runner);
      if (production === undefined) throw nothingBefore(key.model);
      const target = await this.rollbackTarget(runner, key, production, rollback.version);
      const current = await this.deployments.current(key, runner);
      if (target.id === production.id && current !== undefined) return current;
      return this.deploy(runner, key, target, production, {
        action: 'rollback',
        actor: rollback.actor,
        reason: rollback.reason,
      });
    });
  }

  /** Moves a version that is not in Production between None, Staging and Archived. */
  async setStage(key: ModelKey, ref: string, stage: 'None' | 'Staging' | 'Archived'): Promise<void> {
    const modelVersion = await inTransaction(this.dataSource, async (runner) => {
      await this.models.lock(runner, key);
      const version = await this.require(runner, key, ref);
      if (version.stage === 'Production') {
        throw conflict(
          'VERSION_IN_PRODUCTION',
          `${key.model} ${formatVersion(version)} serves; promote or roll back to another version first.`,
        );
      }
      await this.versions.setStage(runner, version.id, stage);
      return formatVersion(version);
    });
    this.logger.info({ agent: key.model, modelVersion, deployment: stage }, 'stage changed');
  }

  private async change(
    request: {
      readonly model: string;
      readonly timeline?: string;
      readonly fence?: (runner: QueryRunner) => Promise<void>;
    },
    work: (runner: QueryRunner, key: ModelKey) => Promise<DeploymentRecord>,
  ): Promise<Deployment> {
    const key: ModelKey = { timeline: request.timeline ?? currentTimeline(), model: request.model };
    const record = await inTransaction(this.dataSource, async (runner) => {
      await request.fence?.(runner);
      await this.models.lock(runner, key);
      return work(runner, key);
    });
    const { version, generation, action, actor } = record;
    this.logger.info(
      { agent: key.model, modelVersion: version, generation, actor, deployment: action },
      'Production changed',
    );
    return toDeployment(record);
  }

  private async read(
    runner: QueryRunner,
    key: ModelKey,
    ref: string,
  ): Promise<{ version: VersionRow; production: VersionRow | undefined; current: DeploymentRecord | undefined }> {
    const version = await this.require(runner, key, ref);
    const production = await this.versions.production(key, runner);
    return { version, production, current: await this.deployments.current(key, runner) };
  }

  private async requireGate(
    runner: QueryRunner,
    version: VersionRow,
    production: VersionRow,
    promotion: Promotion,
  ): Promise<void> {
    const isWithoutGate = version.gate?.rule === 'none';
    const mayServe = isWithoutGate ? !(await this.isLive(runner, version)) : hasPassed(version, production);
    if (mayServe) return;
    if (promotion.override !== undefined) {
      await this.versions.setOverride(runner, version.id, promotion.override, promotion.actor, this.clock.now());
      return;
    }
    const why = isWithoutGate ? 'has no gate, and its timeline serves' : gateProblem(version, production);
    throw callerError(
      isWithoutGate ? 'GATE_NONE_ON_LIVE' : 'GATE_NOT_PASSED',
      `${version.model} ${formatVersion(version)} ${why}. To promote it all the same give an override reason.`,
      {
        status: 409,
        details: { gate: version.gate ?? null },
      },
    );
  }

  private async isLive(runner: QueryRunner, version: VersionRow): Promise<boolean> {
    return (await this.timelines.pointer(runner)) === version.timeline_id;
  }

  private async rollbackTarget(
    runner: QueryRunner,
    key: ModelKey,
    production: VersionRow,
    ref?: string,
  ): Promise<VersionRow> {
    if (ref === undefined) {
      const before = await this.deployments.lastOther(key, production.id, runner);
      if (before === undefined) throw nothingBefore(key.model);
      return (await this.versions.byId(before.versionId, runner))!;
    }
    const target = await this.require(runner, key, ref);
    if ((await this.deployments.lastOf(key, target.id, runner)) === undefined) {
      throw conflict(
        'ROLLBACK_NEVER_SERVED',
        `${key.model} ${formatVersion(target)} has never been in Production: promote it instead.`,
      );
    }
    return target;
  }

  private async deploy(
    runner: QueryRunner,
    key: ModelKey,
    version: VersionRow,
    production: VersionRow | undefined,
    change: { action: Deployment['action']; actor: string; reason?: string },
  ): Promise<DeploymentRecord> {
    if (production !== undefined) await this.versions.setStage(runner, production.id, 'Archived');
    await this.versions.setStage(runner, version.id, 'Production');
    return this.deployments.add(runner, key, { ...change, versionId: version.id, at: this.clock.now() });
  }

  private async require(runner: QueryRunner, key: ModelKey, ref: string): Promise<VersionRow> {
    const version = await this.versions.find(key, ref, runner);
    if (version === undefined) throw versionUnknown(key.model, ref);
    return version;
  }
}

/** Superiority and non-inferiority alike: evidence against another version than the one that serves says nothing. */
function hasPassed({ gate }: VersionRow, production: VersionRow): boolean {
  return gate?.passed === true && gate.incumbent?.sha256 === production.artifact_sha256;
}

function gateProblem(version: VersionRow, production: VersionRow): string {
  if (version.gate === null) return 'has not been through the gate';
  if (!version.gate.passed) return `did not pass the gate: ${version.gate.reason}`;
  return `passed the gate against ${version.gate.incumbent?.version ?? 'another version'}, but ${formatVersion(production)} serves now`;
}

function nothingBefore(model: string): Error {
  return conflict('ROLLBACK_NOTHING_BEFORE', `${model} has served no other version: there is nothing to roll back to.`);
}

export function versionUnknown(model: string, ref: string): Error {
  return notFound(
    'VERSION_UNKNOWN',
    `${model} has no version ${ref}. GET /api/v1/models/${model}/versions lists them.`,
    { model, version: ref },
  );
}
