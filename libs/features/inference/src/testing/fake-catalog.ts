import type { ModelVersion } from '@tidemark/contracts';
import { notFound, operationalError } from '@tidemark/kernel';
import type { ProductionVersion, VersionCatalog } from '@tidemark/registry/read';
import type { TestFit } from '@tidemark/testing';

/** A registry in memory: versions by model, and what is in Production under which generation. */
export class FakeCatalog implements VersionCatalog {
  isAway = false;
  reads = 0;
  private readonly versions: ModelVersion[] = [];
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

  promote(version: ModelVersion): number {
    const generation = (this.serving.get(version.model)?.generation ?? 0) + 1;
    this.serving.set(version.model, { id: version.id, generation });
    return generation;
  }

  async production(model: string): Promise<ProductionVersion | undefined> {
    this.answer();
    const current = this.serving.get(model);
    const version = this.versions.find(({ id }) => id === current?.id);
    return version === undefined || current === undefined ? undefined : { ...version, generation: current.generation };
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

  async generations(): Promise<Map<string, number>> {
    this.answer();
    return new Map([...this.serving].map(([model, { generation }]) => [model, generation]));
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
