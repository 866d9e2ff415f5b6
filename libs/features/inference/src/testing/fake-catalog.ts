import type { Deployment, ModelVersion } from '@tidemark/contracts';
import { MAIN_TIMELINE, currentTimeline, notFound, operationalError } from '@tidemark/kernel';
import type { ProductionVersion, VersionCatalog } from '@tidemark/registry/read';
import type { TestFit } from '@tidemark/testing';

/** A registry in memory: versions by model, and what is in Production under which generation. */
export class FakeCatalog implements VersionCatalog {
  isAway = false;
  reads = 0;
  private readonly versions: ModelVersion[] = [];
  /** Generation and version by timeline and model. */
  private readonly serving = new Map<string, { id: string; generation: number }>();

  /** Adds the next version of a model; its id, sequence and number follow from its place. */
  add(model: string, fit: TestFit, artifactSha256: string): ModelVersion {
    const sequence = this.versions.filter((version) => version.model === model).length + 1;
    const id = `00000000-0000-7000-8000-${String(this.versions.length + 1).padStart(12, '0')}`;
    const version: ModelVersion = {
      id,
      model,
      timeline: 'main',
      sequence,
      version: `0.${sequence}.0`,
      family: fit.report.family as ModelVersion['family'],
      stage: 'None',
      artifactSha256,
      signature: fit.report.signature,
      metrics: {},
      parity: { rows: 256, tolerance: 1e-12, maxRelativeDifference: 0, passed: true },
      lineage: { dataHash: 'data', asOf: '2020-01-01T00:00:00Z', codeVersion: '0.0.0' },
      createdAt: '2020-01-01T00:00:00Z',
    };
    this.versions.push(version);
    return version;
  }

  /** On a timeline of its own where one is named, as if it had been registered there. */
  promote(version: ModelVersion, timeline = MAIN_TIMELINE): number {
    const key = `${timeline}/${version.model}`;
    const generation = (this.serving.get(key)?.generation ?? 0) + 1;
    this.serving.set(key, { id: version.id, generation });
    return generation;
  }

  async production(model: string, timeline = currentTimeline()): Promise<ProductionVersion | undefined> {
    this.answer();
    const current = this.serving.get(`${timeline}/${model}`);
    const version = this.versions.find(({ id }) => id === current?.id);
    if (version === undefined || current === undefined) return undefined;
    return { ...version, timeline, generation: current.generation };
  }

  async previous(): Promise<ModelVersion | undefined> {
    return undefined;
  }

  async deployments(): Promise<Deployment[]> {
    return [];
  }

  async version(model: string, ref: string): Promise<ModelVersion> {
    this.answer();
    const found = this.versions.find(
      (version) => version.model === model && (version.version === ref || String(version.sequence) === ref),
    );
    if (found === undefined) throw notFound('VERSION_UNKNOWN', `no ${model} ${ref}`);
    return found;
  }

  async gatesAsked(): Promise<number> {
    this.answer();
    return 0;
  }

  async generations(timeline = currentTimeline()): Promise<Map<string, number>> {
    this.answer();
    const own = [...this.serving].map(([key, { generation }]) => [key.split('/'), generation] as const);
    return new Map(own.flatMap(([[on, model], generation]) => (on === timeline ? [[model!, generation]] : [])));
  }

  async hasVersions(): Promise<boolean> {
    return this.versions.length > 0;
  }

  async versionOfJob(): Promise<undefined> {
    return undefined;
  }

  async newest(model: string): Promise<ModelVersion | undefined> {
    return this.versions.filter((version) => version.model === model).at(-1);
  }

  async firstVersion(model: string): Promise<ModelVersion | undefined> {
    return this.versions.find((version) => version.model === model);
  }

  private answer(): void {
    this.reads += 1;
    if (this.isAway) throw operationalError('DATABASE_UNAVAILABLE', 'the test has taken it away');
  }
}
