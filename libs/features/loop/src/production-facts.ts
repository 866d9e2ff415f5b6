import type { VersionFacts } from '@tidemark/contracts';
import { operationalError } from '@tidemark/kernel';
import { toVersionFacts, type VersionCatalog } from '@tidemark/registry/read';

/** Who serves, who served before, and the naive baseline. */
export interface ProductionFacts {
  readonly serving: VersionFacts;
  readonly previous?: VersionFacts;
  readonly baseline: VersionFacts;
}

/** @throws NOT_READY while nothing is in Production */
export async function productionFacts(catalog: VersionCatalog, agent: string): Promise<ProductionFacts> {
  const serving = await catalog.production(agent);
  const baseline = await catalog.firstVersion(agent);
  if (serving === undefined || baseline === undefined) {
    throw operationalError('NOT_READY', `${agent} has no version in Production yet: its baseline comes first.`);
  }
  const previous = await catalog.previous(agent);
  return {
    serving: toVersionFacts(serving),
    previous: previous === undefined ? undefined : toVersionFacts(previous),
    baseline: toVersionFacts(baseline),
  };
}
