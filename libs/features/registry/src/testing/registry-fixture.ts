import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalArtifactStore } from '@tidemark/artifacts';
import type { Family, GateEvidence, ModelVersion } from '@tidemark/contracts';
import { createLogger } from '@tidemark/telemetry';
import { MAIN_TIMELINE, setLiveTimeline, type SteppedClock } from '@tidemark/kernel';
import {
  SMALL_VALIDATION,
  TestTraining,
  buildAgent,
  buildBars,
  createTestDatabase,
  stepClock,
  type TestDatabase,
  type TestFit,
} from '@tidemark/testing';
import { CatalogService } from '../catalog.service.js';
import { DeploymentRepository } from '../deployment.repository.js';
import { ModelVersionRepository } from '../model-version.repository.js';
import { ModelRepository } from '../model.repository.js';
import { PromotionService } from '../promotion.service.js';
import type { Registration } from '../read/index.js';
import { RegistrationService } from '../registration.service.js';
import { TimelineRepository } from '../timeline.repository.js';
import { TimelineService } from '../timeline.service.js';

/** The registry over a database of its own, and real fits to register. */
export class RegistryFixture {
  readonly clock: SteppedClock = stepClock();
  readonly models: ModelRepository;
  readonly versions: ModelVersionRepository;
  readonly deployments: DeploymentRepository;
  readonly registration: RegistrationService;
  readonly promotion: PromotionService;
  readonly catalog: CatalogService;
  readonly timelines: TimelineService;
  /** What was logged. */
  readonly lines: Record<string, unknown>[] = [];

  private constructor(
    readonly folder: string,
    readonly database: TestDatabase,
    readonly fits: ReadonlyMap<Family, TestFit>,
  ) {
    const { dataSource } = database;
    const destination = {
      write: (line: string): void => void this.lines.push(JSON.parse(line) as Record<string, unknown>),
    };
    const logger = createLogger({ logLevel: 'info' }, { process: 'worker', destination });
    this.models = new ModelRepository(dataSource);
    this.versions = new ModelVersionRepository(dataSource);
    this.deployments = new DeploymentRepository(dataSource);
    const artifacts = new LocalArtifactStore(join(folder, 'artifacts'));
    this.registration = new RegistrationService(dataSource, this.models, this.versions, artifacts, this.clock, logger);
    const timelines = new TimelineRepository(dataSource);
    const { models, versions, deployments, clock } = this;
    this.promotion = new PromotionService(dataSource, models, versions, deployments, timelines, clock, logger);
    this.timelines = new TimelineService(dataSource, timelines, models, versions, deployments, clock, logger);
    this.catalog = new CatalogService(this.versions, this.deployments);
  }

  static async start(families: readonly Family[], options: { poolSize?: number } = {}): Promise<RegistryFixture> {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-registry-'));
    const database = await createTestDatabase(options);
    const agent = buildAgent({ validation: SMALL_VALIDATION });
    const training = await TestTraining.prepare(folder, agent, buildBars(1_600));
    const fits = new Map<Family, TestFit>();
    for (const family of families) fits.set(family, await training.fit(family));
    return new RegistryFixture(folder, database, fits);
  }

  fit(family: Family): TestFit {
    return this.fits.get(family)!;
  }

  register(family: Family, overrides: Partial<Registration> = {}): Promise<ModelVersion> {
    return this.registration.register({
      model: 'test_agent',
      outputDir: this.fit(family).outputDir,
      dataHash: 'd'.repeat(64),
      asOf: new Date('2019-01-01T00:00:00.000Z'),
      ...overrides,
    });
  }

  /** Nothing registered, `main` alone, and live. */
  async empty(): Promise<void> {
    const { dataSource } = this.database;
    await dataSource.query('truncate models, model_versions, model_deployments, job_run, agent_loops cascade');
    await dataSource.query('delete from live_pointer where move > 1');
    await dataSource.query(`delete from timelines where id <> 'main'`);
    setLiveTimeline(MAIN_TIMELINE);
  }

  async close(): Promise<void> {
    await this.database.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Evidence of a gate that was held against `incumbent`. */
export function buildGate(incumbent: ModelVersion, passed: boolean): GateEvidence {
  return {
    rule: 'superiority',
    passed,
    reason: passed ? 'better than the incumbent' : 'not shown to be better than the incumbent',
    bars: 500,
    loss: 'log_loss',
    incumbent: { sha256: incumbent.artifactSha256, version: incumbent.version, meanLoss: 0.69 },
  };
}
