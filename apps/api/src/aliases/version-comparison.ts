import type { ModelVersion, VersionComparison } from '@tidemark/contracts';

/** What may differ between two versions besides their metrics. */
const FACTS = {
  family: (version: ModelVersion) => version.family,
  inputs: (version: ModelVersion) => JSON.stringify(version.signature.inputs),
  dataHash: (version: ModelVersion) => version.lineage.dataHash,
  asOf: (version: ModelVersion) => version.lineage.asOf,
  codeVersion: (version: ModelVersion) => version.lineage.codeVersion,
  artifactSha256: (version: ModelVersion) => version.artifactSha256,
} as const;

/** Two versions of one model side by side; metrics by name, those that only one of them has too. */
export function compareVersions(a: ModelVersion, b: ModelVersion): VersionComparison {
  const names = [...new Set([...Object.keys(a.metrics), ...Object.keys(b.metrics)])].sort();
  const differs = Object.entries(FACTS).flatMap(([name, of]) => (of(a) === of(b) ? [] : [name]));
  return {
    model: a.model,
    a,
    b,
    differs,
    metrics: names.map((name) => side(name, a.metrics[name], b.metrics[name])),
    comparable: !differs.includes('dataHash'),
  };
}

function side(name: string, a: number | undefined, b: number | undefined): VersionComparison['metrics'][number] {
  return { name, a, b, difference: a === undefined || b === undefined ? undefined : b - a };
}
