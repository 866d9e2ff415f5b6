import { Injectable } from '@nestjs/common';
import type { Deployment, ModelVersion } from '@tidemark/contracts';
import { currentTimeline } from '@tidemark/kernel';
import { DeploymentRepository, toDeployment } from './deployment.repository.js';
import { ModelVersionRepository, toModelVersion, type ModelKey } from './model-version.repository.js';
import { versionUnknown } from './promotion.service.js';
import type { ProductionVersion, VersionCatalog } from './read/index.js';

/** Reads of the registry for other features. */
@Injectable()
export class CatalogService implements VersionCatalog {
  constructor(
    private readonly versions: ModelVersionRepository,
    private readonly history: DeploymentRepository,
  ) {}

  async production(model: string, timeline = currentTimeline()): Promise<ProductionVersion | undefined> {
    const row = await this.versions.serving({ timeline, model });
    return row === undefined ? undefined : { ...toModelVersion(row), generation: row.generation };
  }

  async previous(model: string, timeline = currentTimeline()): Promise<ModelVersion | undefined> {
    const key: ModelKey = { timeline, model };
    const current = await this.history.current(key);
    if (current === undefined) return undefined;
    const before = await this.history.lastOther(key, current.versionId);
    const row = before === undefined ? undefined : await this.versions.byId(before.versionId);
    return row === undefined ? undefined : toModelVersion(row);
  }

  async deployments(model: string, timeline = currentTimeline()): Promise<Deployment[]> {
    return (await this.history.all({ timeline, model })).map(toDeployment);
  }

  async version(model: string, ref: string, timeline = currentTimeline()): Promise<ModelVersion> {
    const row = await this.versions.find({ timeline, model }, ref);
    if (row === undefined) throw versionUnknown(model, ref);
    return toModelVersion(row);
  }

  async generations(timeline = currentTimeline()): Promise<Map<string, number>> {
    return this.history.generations(timeline);
  }

  async gatesAsked(model: string, from: Date, to: Date, timeline = currentTimeline()): Promise<number> {
    return this.versions.countGates({ timeline, model }, from, to);
  }

  async hasVersions(timeline = currentTimeline()): Promise<boolean> {
    return this.versions.exist(timeline);
  }

  async versionOfJob(jobId: string): Promise<ModelVersion | undefined> {
    const row = await this.versions.byJob(jobId);
    return row === undefined ? undefined : toModelVersion(row);
  }

  async newest(model: string, timeline = currentTimeline()): Promise<ModelVersion | undefined> {
    const row = await this.versions.newest({ timeline, model });
    return row === undefined ? undefined : toModelVersion(row);
  }

  async firstVersion(model: string, timeline = currentTimeline()): Promise<ModelVersion | undefined> {
    const row = await this.versions.find({ timeline, model }, '1');
    return row === undefined ? undefined : toModelVersion(row);
  }
}
