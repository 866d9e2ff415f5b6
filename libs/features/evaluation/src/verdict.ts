import type { ResultRow, ResultTable } from '@tidemark/contracts';

/** |t| from which a difference counts as shown at the 5 % level, two-sided, in the words below. */
const SHOWN_T = 1.96;

type Table = Omit<ResultTable, 'verdict'>;

/** What the words need to know beside the figures. */
export interface VerdictFacts {
  /** Version of the naive baseline. */
  readonly baselineVersion: string;
  /** Names of rows whose model was fitted on bars of the sealed span. */
  readonly inSample: readonly string[];
}

/** The result in plain words: what served, whether it beat the naive baseline, and what the figures cannot tell. */
export function verdict(table: Table, facts: VerdictFacts): string[] {
  const served = table.rows.find((row) => row.kind === 'served');
  if (served === undefined) return [];
  const words = [inSampleWords(facts), servedWords(table, served, facts)];
  words.push(table.task === 'direction' ? tradingWords(table, served) : breachWords(served));
  words.push(familyWords(table));
  return words.filter((line) => line !== '');
}

function inSampleWords({ inSample }: VerdictFacts): string {
  if (inSample.length === 0) return '';
  return `Not out of sample: ${inSample.join(', ')} fitted on bars of the sealed span. Those figures say nothing about the future.`;
}

function servedWords(table: Table, served: ResultRow, { baselineVersion }: VerdictFacts): string {
  const { servedVersion } = table;
  if (servedVersion === baselineVersion) {
    return `${servedVersion} served: no trained version passed the gate, so the naive baseline stays. That is a valid result.`;
  }
  const { deltaLoss, deltaT } = served;
  if (deltaLoss === undefined || deltaT === undefined) {
    return `${servedVersion} served; its loss cannot be compared with the naive baseline's: too few matured bars, or no differences.`;
  }
  const size = `${deltaLoss < 0 ? 'lower' : 'higher'} than the naive baseline's by ${Math.abs(deltaLoss).toPrecision(3)}`;
  const isShown = Math.abs(deltaT) >= SHOWN_T;
  const shown = `the difference is ${isShown ? 'shown' : 'not shown'} at the 5 % level`;
  return `${servedVersion} served; its loss is ${size} (HAC t ${deltaT.toFixed(2)}): ${shown}.`;
}

function tradingWords(table: Table, served: ResultRow): string {
  const hold = table.rows.find((row) => row.kind === 'hold');
  if (served.netSharpe === undefined || served.netSharpeSe === undefined || hold?.netSharpe === undefined) return '';
  const gap = served.netSharpe - hold.netSharpe;
  const verdictOnGap =
    Math.abs(gap) < 2 * served.netSharpeSe
      ? 'within two standard errors: no difference is shown'
      : 'more than two standard errors apart';
  return `Net Sharpe ${served.netSharpe.toFixed(2)} ± ${served.netSharpeSe.toFixed(2)} against ${hold.netSharpe.toFixed(2)} for holding the index: ${verdictOnGap}.`;
}

function breachWords(served: ResultRow): string {
  const { breaches, expectedBreaches, breachRateInterval: interval } = served;
  if (breaches === undefined || expectedBreaches === undefined || interval === undefined) return '';
  const [low, high] = interval;
  const covered = low <= 0.01 && 0.01 <= high;
  return `1 % VaR was broken ${breaches} times against ${expectedBreaches.toFixed(1)} expected; the exact 95 % interval of the rate, ${percent(low)} to ${percent(
    high,
  )}, ${covered ? 'contains' : 'does not contain'} 1 %.`;
}

function familyWords(table: Table): string {
  const better = table.rows
    .filter((row) => row.kind === 'family' && (row.deltaT ?? 0) <= -SHOWN_T)
    .map((row) => row.name);
  if (better.length === 0) return 'No trained family shows a lower loss than the naive baseline on the sealed span.';
  return `Lower loss than the naive baseline on the sealed span: ${better.join(', ')}. Chosen after the fact, this is a description, not a forecast.`;
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(2)} %`;
}
