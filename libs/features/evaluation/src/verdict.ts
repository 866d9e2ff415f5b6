import type { ResultRow, ResultTable } from '@tidemark/contracts';

/** Level at which conditional coverage is judged, once, over the whole span. */
const COVERAGE_LEVEL = 0.05;

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
  words.push(...familyWords(table), detectableWords(table));
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
  const { deltaLoss, deltaT, deltaCritical } = served;
  if (deltaLoss === undefined || deltaT === undefined || deltaCritical === undefined) {
    return `${servedVersion} served; its loss cannot be compared with the naive baseline's: too few matured bars, or no differences.`;
  }
  const size = `${deltaLoss < 0 ? 'lower' : 'higher'} than the naive baseline's by ${Math.abs(deltaLoss).toPrecision(3)}`;
  const shown = `the difference is ${isShown(served) ? 'shown' : 'not shown'} at the 5 % level`;
  return `${servedVersion} served; its loss is ${size} (HAC t ${deltaT.toFixed(2)} against ±${deltaCritical.toFixed(2)}): ${shown}.`;
}

/** Two-sided 5 % with the fixed-b critical value of the row's own length. */
function isShown({ deltaT, deltaCritical }: ResultRow): boolean {
  return deltaT !== undefined && deltaCritical !== undefined && Math.abs(deltaT) >= deltaCritical;
}

function tradingWords(table: Table, served: ResultRow): string {
  const hold = table.rows.find((row) => row.kind === 'hold');
  const gap = served.sharpeAgainstHold;
  if (served.netSharpe === undefined || hold?.netSharpe === undefined || gap === undefined) return '';
  const sharpe = `Net Sharpe ${served.netSharpe.toFixed(2)} ± ${served.netSharpeSe?.toFixed(2) ?? '?'}`;
  if (gap.difference === 0) return `${sharpe}: it held the index on every bar, so nothing is added or lost.`;
  const size = `${gap.difference.toFixed(2)} ± ${gap.standardError?.toFixed(2) ?? '?'}`;
  return `${sharpe} against ${hold.netSharpe.toFixed(2)} for holding the index: the difference of ${size} is ${
    gap.isShown ? 'shown' : 'not shown'
  } at the 5 % level.`;
}

function breachWords(served: ResultRow): string {
  const { breaches, expectedBreaches, breachRateInterval: interval } = served;
  if (breaches === undefined || expectedBreaches === undefined || interval === undefined) return '';
  const [low, high] = interval;
  const covered = low <= 0.01 && 0.01 <= high;
  return `1 % VaR was broken ${breaches} times against ${expectedBreaches.toFixed(1)} expected; the exact 95 % interval of the rate, ${percent(low)} to ${percent(
    high,
  )}, ${covered ? 'contains' : 'does not contain'} 1 %.${coverageWords(served)}`;
}

/** An interval of the rate says nothing about breaches that come together. */
function coverageWords({ christoffersenP: p }: ResultRow): string {
  if (p === undefined) return '';
  const rejected = p < COVERAGE_LEVEL;
  return ` Christoffersen p ${p.toFixed(3)}: right coverage with independent breaches is ${rejected ? 'rejected' : 'not rejected'} at the 5 % level.`;
}

function familyWords(table: Table): string[] {
  const better = table.rows.filter((row) => row.kind === 'family' && (row.deltaT ?? 0) < 0 && isShown(row));
  if (better.length === 0) return ['No trained family shows a lower loss than the naive baseline on the sealed span.'];
  const names = better.map((row) => row.name).join(', ');
  const constant = better.filter((row) => row.isConstant === true).map((row) => row.name);
  return [
    `Lower loss than the naive baseline on the sealed span: ${names}. Chosen after the fact, this is a description, not a forecast.`,
    ...(constant.length === 0
      ? []
      : [
          `${constant.join(', ')} gave the same answer on every bar: that difference is one of level, and shows no timing.`,
        ]),
  ];
}

/** How small a difference this span could have shown, from the row whose difference is known best. */
function detectableWords(table: Table): string {
  const known = table.rows.flatMap(({ name, smallestDetectable }) =>
    smallestDetectable === undefined ? [] : [{ name, smallestDetectable }],
  );
  if (known.length === 0) return 'The span is too short to show any difference of loss.';
  const sizes = known.map(({ name, smallestDetectable }) => `${name} ${smallestDetectable.toPrecision(2)}`);
  return `Smallest difference of loss that this span shows with 80 % probability: ${sizes.join(', ')}.`;
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(2)} %`;
}
