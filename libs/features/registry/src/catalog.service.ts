import { Injectable } from '@nestjs/common';
import type { ModelVersion } from '@tidemark/contracts';
import { MAIN_TIMELINE } from '@tidemark/kernel';
import { DeploymentRepository } from './deployment.repository.js';
import { ModelVersionRepository, toModelVersion, type ModelKey } from './model-version.repository.js';
import { versionUnknown } from './promotion.service.js';
import type { ProductionVersion, VersionCatalog } from './read/index.js';

/** Reads of the registry for other features. */
@Injectable()
export class CatalogService implements VersionCatalog {
  constructor(
    private readonly versions: ModelVersionRepository,
    private readonly deployments: DeploymentRepository,
  ) {}

  async production(model: string, timeline = MAIN_TIMELINE): Promise<ProductionVersion | undefined> {
    const key: ModelKey = { timeline, model };
    const deployment = await this.deployments.current(key);
    if (deployment === undefined) return undefined;
    const row = await this.versions.byId(deployment.versionId);
    return row === undefined ? undefined : { ...toModelVersion(row), generation: deployment.generation };
  }

  async version(model: string, ref: string, timeline = MAIN_TIMELINE): Promise<ModelVersion> {
    const row = await this.versions.find({ timeline, model }, ref);
    if (row === undefined) throw versionUnknown(model, ref);
    return toModelVersion(row);
  }

  async generations(timeline = MAIN_TIMELINE): Promise<Map<string, number>> {
    return this.deployments.generations(timeline);
  }

  async gatesAsked(model: string, from: Date, to: Date, timeline = MAIN_TIMELINE): Promise<number> {
    return this.versions.countGates({ timeline, model }, from, to);
  }

  async versionOfJob(jobId: string): Promise<ModelVersion | undefined> {
    const row = await this.versions.byJob(jobId);
    return row === undefined ? undefined : toModelVersion(row);
  }

  async newest(model: string, timeline = MAIN_TIMELINE): Promise<ModelVersion | undefined> {
    const row = await this.versions.newest({ timeline, model });
    return row === undefined ? undefined : toModelVersion(row);
  }

  async firstVersion(model: string, timeline = MAIN_TIMELINE): Promise<ModelVersion | undefined> {
    const row = await this.versions.find({ timeline, model }, '1');
    return row === undefined ? undefined : toModelVersion(row);
  }
}
