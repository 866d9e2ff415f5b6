import type { ServedPeriod } from '@tidemark/contracts';
import type { LoggedPrediction } from '@tidemark/inference/read';

/** What the log does not say about a version. */
export type VersionFacts = Pick<ServedPeriod, 'family' | 'isBaseline'>;

/** Which version answered when, from the log in order of event time. */
export function servedPeriods(
  logged: readonly LoggedPrediction[],
  factsOf: (version: string) => VersionFacts,
): ServedPeriod[] {
  const periods: ServedPeriod[] = [];
  for (const { asOf, version } of logged) {
    const last = periods.at(-1);
    const to = asOf.toISOString();
    if (last?.version === version) periods[periods.length - 1] = { ...last, to, bars: last.bars + 1 };
    else periods.push({ version, ...factsOf(version), from: to, to, bars: 1 });
  }
  return periods;
}
