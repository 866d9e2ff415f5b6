import type { BreakRow, QuietRow, StudyResult } from '@tidemark/contracts';
import { day, ordinal } from '../header.js';

/** A part of the report: what was asked, what came out, and what it means. */
export interface Section {
  readonly title: string;
  readonly question: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly words: readonly string[];
}

const loss = (value: number): string => value.toFixed(5);
const rate = (count: number, years: number): string => (count / years).toFixed(2);
const many = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`;

export function studySections(result: StudyResult): Section[] {
  return [placebo(result), starts(result), quiet(result), breaks(result)];
}

export function studyFacts({ span, loss: name, policy, opening, study, sizes }: StudyResult): [string, string][] {
  const sealed = opening === undefined ? 'not reached' : `opened for the ${ordinal(opening)} time`;
  return [
    ['span', `${day(span.from)} to ${day(span.to)}, ${span.bars} bars`],
    ['loss', name === 'log_loss' ? 'log loss of the probability' : 'QLIKE: ln h + r²/h'],
    ['policy', policy],
    ['sealed', sealed],
    ['study', `${study}; ${sizes.draws} draws, ${sizes.starts} starts, seeds from 1`],
  ];
}

function placebo({ placebo: { gridFits, policyLoss, baselineLoss, rows }, sizes }: StudyResult): Section {
  return {
    title: '7 Placebo: as many refits at random bars',
    question: `Does it matter when the policy acts? Calendars with as many fits are drawn from ${gridFits} fits, one each ${sizes.gridBars} bars, the newest always in. The policy's loss is ${loss(policyLoss)}, the naive baseline's ${loss(baselineLoss)}.`,
    head: ['as many as the policy’s', 'refits', 'draws', 'median loss', '5 %', '95 %', 'draws as good'],
    rows: rows.map(({ of, refits, draws, median, low, high, shareAsGood }) => [
      of,
      String(refits),
      String(draws),
      loss(median),
      loss(low),
      loss(high),
      `${(100 * shareAsGood).toFixed(1)} %`,
    ]),
    words: rows.map((row) => placeboWords(row, gridFits)),
  };
}

function placeboWords({ of, refits, shareAsGood }: StudyResult['placebo']['rows'][number], gridFits: number): string {
  if (refits === 0) return `The policy made no ${of}: every draw is the baseline, and there is no timing to judge.`;
  if (refits === gridFits)
    return `Every draw takes all ${many(refits, 'fit')}: one calendar, and no chance to compare with.`;
  const share = `${(100 * shareAsGood).toFixed(1)} % of random calendars with ${many(refits, 'refit')}`;
  if (shareAsGood <= 0.05) return `Only ${share} do as well: the policy's choice of what to serve when shows.`;
  if (shareAsGood >= 0.95) return `${share} do as well or better: the policy's choice of what to serve when costs.`;
  return `${share} do as well: its timing is not told from chance.`;
}

function starts({ starts: rows, sizes }: StudyResult): Section {
  const losses = rows.map(({ commonLoss }) => commonLoss);
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const promotions = rows.map((row) => row.promotions);
  return {
    title: `8 The policy from ${many(rows.length, 'start')}`,
    question: `How much is luck of the first bar? The same policy begins ${sizes.startStepBars} bars later each time; losses are compared on the bars that all have.`,
    head: ['offset', 'from', 'bars', 'loss', 'on common bars', 'fits', 'promoted', 'refused', 'rollbacks'],
    rows: rows.map((row) => [
      String(row.offset),
      day(row.from),
      String(row.bars),
      loss(row.loss),
      loss(row.commonLoss),
      ...[row.fits, row.promotions, row.refusals, row.rollbacks].map(String),
    ]),
    words: [
      `On common bars the loss lies between ${loss(low)} and ${loss(high)}, a spread of ${loss(high - low)}; promotions between ${Math.min(...promotions)} and ${Math.max(...promotions)}.`,
    ],
  };
}

function quiet({ quiet: rows, task }: StudyResult): Section {
  return {
    title: '9 Markets without a signal',
    question:
      task === 'direction'
        ? `How often does the loop see what is not there? Rises cannot be predicted here: GARCH with fat tails and no drift, and days of the real series drawn at random. ${NO_GAIN}`
        : `How often does the loop see what is not there? The law never changes: GARCH with fat tails, whose volatility a fitted model may forecast better than the baseline, and days of the real series drawn at random. ${NO_GAIN}`,
    head: [
      'market',
      'years',
      'fits',
      'new recipes',
      'no gain',
      'refits',
      'no gain',
      'rollbacks',
      'alarms',
      'a year',
      'of the loss',
    ],
    rows: rows.map((row) => [
      row.world,
      row.years.toFixed(1),
      String(row.fits),
      ...[row.newRecipes, row.refits].flatMap(({ promoted, withoutGain }) => [promoted, withoutGain]).map(String),
      String(row.rollbacks),
      String(alarmsOf(row)),
      rate(alarmsOf(row), row.years),
      String(lossAlarmsOf(row)),
    ]),
    words: [...quietWords(rows), ...alarmWords(rows)],
  };
}

const NO_GAIN =
  'New recipes and refits count promotions; no gain: by the law, the expected loss on the bars served is not below that of what was replaced. A new recipe has to be shown to be better, a refit only not to be worse by more than a margin: where nothing changes, many refits gain nothing.';

const alarmsOf = ({ alarms }: QuietRow): number => alarms.reduce((sum, { count }) => sum + count, 0);

function lossAlarmsOf({ alarms }: QuietRow): number {
  return alarms.reduce((sum, { monitor, count }) => sum + (monitor === 'loss' ? count : 0), 0);
}

function quietWords(rows: readonly QuietRow[]): string[] {
  if (rows.length === 0) return [];
  const total = (of: (row: QuietRow) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const years = total((row) => row.years);
  const without = (kind: 'newRecipes' | 'refits'): string => {
    const count = total((row) => row[kind].withoutGain);
    return `${count} of ${total((row) => row[kind].promoted)} promoted ${kind === 'refits' ? 'refits' : 'new recipes'} without gain (${rate(count, years)} a year)`;
  };
  return [
    `In ${years.toFixed(1)} simulated years (n = ${many(rows.length, 'market')}): ${without('newRecipes')}, ${without('refits')}, ${many(total(alarmsOf), 'alarm')} (${rate(total(alarmsOf), years)} a year), of these ${total(lossAlarmsOf)} of the loss (${rate(total(lossAlarmsOf), years)} a year).`,
  ];
}

function alarmWords(rows: readonly QuietRow[]): string[] {
  const counts = new Map<string, number>();
  for (const { alarms } of rows) {
    for (const { kind, monitor, count } of alarms) {
      counts.set(`${kind} ${monitor}`, (counts.get(`${kind} ${monitor}`) ?? 0) + count);
    }
  }
  const named = [...counts].map(([name, count]) => `${name} ${count}`);
  return named.length === 0 ? [] : [`Alarms by kind: ${named.join(', ')}.`];
}

function breaks({ breaks: rows, task, sizes }: StudyResult): Section {
  const what =
    task === 'direction'
      ? 'Returns follow the momentum, and from the break on go against it.'
      : 'Shocks are short and small, and from the break on last and are large.';
  return {
    title: '10 A planted break',
    question: `How soon does the loop notice, and act? ${what} Bars count from the break, after ${sizes.beforeBreakBars} replayed bars; ${sizes.afterBreakBars} follow. Harmed: the mean over 63 bars of the loss minus the baseline's is above zero and higher than ever before the break; recovered: from then on back for 63 bars.`,
    head: ['market', 'served', 'loss alarm', 'drift alarm', 'retrained', 'other version', 'harmed', 'recovered'],
    rows: rows.map((row) => [
      row.world,
      row.wasTrained ? row.servedAtBreak : `${row.servedAtBreak} (baseline)`,
      ...[
        row.barsToAlarm,
        row.barsToDriftAlarm,
        row.barsToRetrain,
        row.barsToChange,
        row.barsToHarm,
        row.barsToRecovery,
      ].map((bars) => bars?.toString() ?? 'never'),
    ]),
    words: breakWords(rows),
  };
}

function breakWords(rows: readonly BreakRow[]): string[] {
  const trained = rows.filter(({ wasTrained }) => wasTrained);
  if (rows.length === 0) return [];
  const part = (name: string, of: (row: BreakRow) => number | undefined): string => {
    const seen = trained.flatMap((row) => of(row) ?? []).sort((a, b) => a - b);
    const middle = seen.length === 0 ? '' : `, median ${seen[Math.floor((seen.length - 1) / 2)]!} bars`;
    return `${name} in ${seen.length} of ${trained.length}${middle}`;
  };
  return [
    `In ${trained.length} of ${rows.length} markets a trained version served at the break: ${[
      part('alarm of the loss', (row) => row.barsToAlarm),
      part('retraining after it', (row) => row.barsToRetrain),
      part('another version', (row) => row.barsToChange),
      part('recovery', (row) => row.barsToRecovery),
    ].join('; ')}.`,
  ];
}
