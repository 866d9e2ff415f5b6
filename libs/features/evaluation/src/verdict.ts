import type { Alarms, ResultRow, ResultTable, RowComparison, ServedPeriod } from '@tidemark/contracts';
import { isShown, type LossDifference } from './loss-difference.js';

/** Level at which conditional coverage is judged, once, over the whole span. */
const COVERAGE_LEVEL = 0.05;
/** More stretches of one recipe than this are told by the first, the last and their number. */
const MAX_STRETCHES = 6;

export type TableFigures = Omit<ResultTable, 'verdict'>;

/** The result in plain words: what served, what is shown and what is not, and how small a difference could have been. */
export function verdict(table: TableFigures): string[] {
  const policy = table.rows.find((row) => row.kind === 'policy');
  if (policy === undefined) return [];
  return [
    servedWords(table.served),
    policyWords(table.served, policy),
    table.task === 'direction' ? tradingWords(table, policy) : breachWords(policy),
    ...table.comparisons.map(comparisonWords),
    eraWords(table.rows),
    alarmWords(table.alarms),
    detectableWords(table),
    'These figures say what happened on this series under these rules. They are no claim about another series or the next year.',
  ].filter((line) => line !== '');
}

/** Consecutive versions of one recipe, which differ only in the rows they were fitted on. */
interface Stretch {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly versions: readonly string[];
}

function servedWords(served: readonly ServedPeriod[]): string {
  const stretches: Stretch[] = [];
  for (const { version, family, isBaseline, from, to } of served) {
    const name = isBaseline ? `the naive baseline (${family})` : family;
    const last = stretches.at(-1);
    if (last?.name === name) {
      stretches[stretches.length - 1] = { ...last, to, versions: [...last.versions, version] };
    } else stretches.push({ name, from, to, versions: [version] });
  }
  if (stretches.length === 0) return '';
  const told = stretches.map(stretchWords);
  if (told.length === 1) return `Served throughout: ${told[0]!}.`;
  if (told.length <= MAX_STRETCHES) return `Served: ${told.join('; then ')}.`;
  return `Served: ${told[0]!}; then ${told.length - 2} changes of recipe; at the end ${told.at(-1)!}.`;
}

function stretchWords({ name, from, to, versions }: Stretch): string {
  const distinct = new Set(versions).size;
  const which = distinct === 1 ? versions[0]! : `${versions[0]!} to ${versions.at(-1)!}, ${distinct} versions`;
  return `${name} ${which}, ${from.slice(0, 10)} to ${to.slice(0, 10)}`;
}

function policyWords(served: readonly ServedPeriod[], policy: ResultRow): string {
  const asked = policy.fits === undefined ? '' : ` of ${counted(policy.fits, 'training')}`;
  if (served.every(({ isBaseline }) => isBaseline)) {
    return `No trained version${asked} passed the gate, so the naive baseline stayed. That is a valid result.`;
  }
  const { deltaLoss } = policy;
  if (deltaLoss === undefined || policy.deltaT === undefined) {
    return 'The policy’s loss cannot be compared with the naive baseline’s: too few matured bars, or no differences.';
  }
  const words = `The policy’s loss is ${differenceWords('the naive baseline’s', policy)}.`;
  return policy.isConstant === true
    ? `${words} It gave the same answer on every bar: that difference is one of level, and shows no timing.`
    : words;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** "lower than … by … (HAC t …): the difference is shown at the 5 % level". */
function differenceWords(other: string, difference: LossDifference): string {
  const { deltaLoss = 0, deltaT, deltaCritical } = difference;
  const side = deltaLoss < 0 ? 'lower' : 'higher';
  if (deltaT === undefined || deltaCritical === undefined) return `${side} than ${other}, too short to be tested`;
  return `${side} than ${other} by ${Math.abs(deltaLoss).toPrecision(3)} (HAC t ${deltaT.toFixed(2)} against ±${deltaCritical.toFixed(2)}): the difference is ${
    isShown(difference) ? 'shown' : 'not shown'
  } at the 5 % level`;
}

const COMPARED: Readonly<Record<string, readonly [subject: string, other: string]>> = {
  'gated/always': ['What passed the gate has a loss', 'that of the newest version always in'],
  'policy/once': ['The policy’s loss is', 'that of the version trained once'],
  'policy/gated': ['With its monitors the policy’s loss is', 'that of the same calendar and gate without them'],
};

function comparisonWords(comparison: RowComparison): string {
  const words = COMPARED[`${comparison.of}/${comparison.against}`];
  if (words === undefined) return '';
  const [subject, other] = words;
  if (comparison.deltaLoss === undefined) return '';
  if (comparison.deltaLoss === 0 && comparison.deltaT === undefined) return `${subject} the same as ${other}.`;
  return `${subject} ${differenceWords(other, comparison)}.`;
}

function tradingWords(table: TableFigures, policy: ResultRow): string {
  const hold = table.rows.find((row) => row.kind === 'hold');
  const gap = policy.sharpeAgainstHold;
  if (policy.netSharpe === undefined || hold?.netSharpe === undefined || gap === undefined) return '';
  const sharpe = `Net Sharpe ${policy.netSharpe.toFixed(2)} ± ${policy.netSharpeSe?.toFixed(2) ?? '?'}`;
  if (gap.difference === 0) return `${sharpe}: it held the index on every bar, so nothing is added or lost.`;
  const size = `${gap.difference.toFixed(2)} ± ${gap.standardError?.toFixed(2) ?? '?'}`;
  return `${sharpe} against ${hold.netSharpe.toFixed(2)} for holding the index: the difference of ${size} is ${
    gap.isShown ? 'shown' : 'not shown'
  } at the 5 % level.`;
}

function breachWords(policy: ResultRow): string {
  const { breaches, expectedBreaches, breachRateInterval: interval } = policy;
  if (breaches === undefined || expectedBreaches === undefined || interval === undefined) return '';
  const [low, high] = interval;
  const covered = low <= 0.01 && 0.01 <= high;
  return `1 % VaR was broken ${breaches} times against ${expectedBreaches.toFixed(1)} expected; the exact 95 % interval of the rate, ${percent(low)} to ${percent(
    high,
  )}, ${covered ? 'contains' : 'does not contain'} 1 %.${coverageWords(policy)}`;
}

/** An interval of the rate says nothing about breaches that come together. */
function coverageWords({ christoffersenP: p }: ResultRow): string {
  if (p === undefined) return '';
  const rejected = p < COVERAGE_LEVEL;
  return ` Christoffersen p ${p.toFixed(3)}: right coverage with independent breaches is ${rejected ? 'rejected' : 'not rejected'} at the 5 % level.`;
}

function eraWords(rows: readonly ResultRow[]): string {
  const eras = rows.filter((row) => row.kind === 'era' && row.deltaLoss !== undefined);
  if (eras.length < 2) return '';
  const lower = eras.filter((row) => row.deltaLoss! < 0);
  const shown = eras.filter(isShown).map((row) => row.name);
  const tested = shown.length === 0 ? 'shown in none of them' : `shown in ${shown.join(', ')}`;
  return `By era its loss is lower than the baseline’s in ${lower.length} of ${eras.length}; taken one by one, a difference is ${tested}.`;
}

function alarmWords({ kinds, anyBar, windowBars }: Alarms): string {
  const total = kinds.reduce((sum, { alarms }) => sum + alarms, 0);
  if (total === 0) return 'No monitor raised an alarm.';
  const judged = kinds.reduce((sum, kind) => sum + kind.judged, 0);
  const followed = kinds.reduce((sum, kind) => sum + kind.followedByHigherLoss, 0);
  const alarms = counted(total, 'alarm');
  if (judged === 0) return `${alarms}, none with ${windowBars} matured bars on both sides.`;
  return `${alarms}; of ${judged} that can be judged ${followed} (${share(followed, judged)}) were followed by a higher loss within ${windowBars} bars. Of all bars ${share(anyBar.followedByHigherLoss, anyBar.judged)} were.`;
}

/** How small a difference this span could have shown. */
function detectableWords(table: TableFigures): string {
  const known = table.rows.flatMap(({ number, smallestDetectable }) =>
    number === undefined || smallestDetectable === undefined ? [] : [{ number, smallestDetectable }],
  );
  if (known.length === 0) return 'No difference of loss to the baseline can be tested on this span.';
  const sizes = known.map(({ number, smallestDetectable }) => `row ${number} ${smallestDetectable.toPrecision(2)}`);
  return `Smallest difference of loss to the baseline that this span shows with 80 % probability: ${sizes.join(', ')}.`;
}

function percent(rate: number): string {
  return `${(rate * 100).toFixed(2)} %`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${Math.round((100 * part) / whole)} %`;
}
