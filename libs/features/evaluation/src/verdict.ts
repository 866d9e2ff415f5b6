import type { ResultRow, ResultTable } from '@tidemark/contracts';

/** |t| from which a difference counts as shown at the 5 % level, two-sided, in the words below. */
const SHOWN_T = 1.96;

/** The result in plain words: what served, whether it beat the naive baseline, and what the figures cannot tell. */
export function verdict(table: Omit<ResultTable, 'verdict'>): string[] {
  const served = table.rows.find((row) => row.kind === 'served');
  const baseline = table.rows.find((row) => row.kind === 'baseline');
  if (served === undefined || baseline === undefined) return [];
  const words = [servedWords(table, served)];
  words.push(table.task === 'direction' ? tradingWords(table, served) : breachWords(served));
  words.push(familyWords(table));
  return words.filter((line) => line !== '');
}

function servedWords(table: Omit<ResultTable, 'verdict'>, served: ResultRow): string {
  const isBaseline = served.deltaT === undefined && Math.abs(served.deltaLoss ?? 0) === 0;
  if (isBaseline) return `${table.servedVersion} served: no trained version passed the gate, so the naive baseline stays. That is a valid result.`;
  const t = served.deltaT ?? 0;
  const shown = Math.abs(t) >= SHOWN_T;
  const direction = (served.deltaLoss ?? 0) < 0 ? 'lower' : 'higher';
  return `${table.servedVersion} served; its loss is ${direction} than the naive baseline's by ${Math.abs(served.deltaLoss ?? 0).toPrecision(3)} (HAC t ${t.toFixed(2)}): ${
    shown ? 'the difference is shown at the 5 % level' : 'the difference is not shown at the 5 % level'
  }.`;
}

function tradingWords(table: Omit<ResultTable, 'verdict'>, served: ResultRow): string {
  const hold = table.rows.find((row) => row.kind === 'hold');
  if (served.netSharpe === undefined || served.netSharpeSe === undefined || hold?.netSharpe === undefined) return '';
  const gap = served.netSharpe - hold.netSharpe;
  const verdictOnGap = Math.abs(gap) < 2 * served.netSharpeSe ? 'within two standard errors: no difference is shown' : 'more than two standard errors apart';
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

function familyWords(table: Omit<ResultTable, 'verdict'>): string {
  const better = table.rows.filter((row) => row.kind === 'family' && (row.deltaT ?? 0) <= -SHOWN_T).map((row) => row.name);
  if (better.length === 0) return 'No trained family shows a lower loss than the naive baseline on the sealed span.';
  return `Lower loss than the naive baseline on the sealed span: ${better.join(', ')}. Chosen after the fact, this is a description, not a forecast.`;
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(2)} %`;
}
