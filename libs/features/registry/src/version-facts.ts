import type { ModelVersion, VersionFacts } from '@tidemark/contracts';

/** Sequence number of the naive baseline, every model's first version. */
const BASELINE_SEQUENCE = 1;

/** A version as a decision sees it. */
export function toVersionFacts(version: ModelVersion): VersionFacts {
  const { version: number, sequence, family, artifactSha256 } = version;
  return { version: number, sequence, family, artifactSha256, isBaseline: sequence === BASELINE_SEQUENCE };
}
