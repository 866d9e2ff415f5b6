import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { repositoryRoot } from '@tidemark/config';
import type { ResultRow, ResultTable } from '@tidemark/contracts';
import type { AgentExport, Row } from './oracle-replay.js';

/** What tests/golden/generate/replay.py worked out, in the shape that `figuresOf` gives to what the replays left. */
export interface ReplayGolden {
  readonly relativeTolerance: number;
  readonly absoluteTolerance: number;
  /** Drift of the inputs: of the bars alone, and so the same for both agents. */
  readonly inputs: object;
  readonly agents: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export async function replayGolden(): Promise<ReplayGolden> {
  return JSON.parse(await readFile(resolve(repositoryRoot(), 'tests/golden/replay.json'), 'utf8')) as ReplayGolden;
}

type Tolerance = Pick<ReplayGolden, 'relativeTolerance' | 'absoluteTolerance'>;

/** Paths below `golden` whose figure is absent on one side or differs by more than the tolerance, with both. */
export function differencesFrom(golden: unknown, found: unknown, tolerance: Tolerance, path = ''): string[] {
  if (typeof golden === 'number' && typeof found === 'number') {
    const allowed = tolerance.relativeTolerance * Math.abs(golden) + tolerance.absoluteTolerance;
    return Math.abs(golden - found) <= allowed ? [] : [`${path}: expected ${golden}, got ${found}`];
  }
  if (typeof golden === 'object' && golden !== null && typeof found === 'object' && found !== null) {
    const keys = new Set([...Object.keys(golden), ...Object.keys(found)]);
    const at = (of: object, key: string): unknown => (of as Readonly<Record<string, unknown>>)[key];
    return [...keys].flatMap((key) => differencesFrom(at(golden, key), at(found, key), tolerance, `${path}/${key}`));
  }
  return Object.is(golden, found) ? [] : [`${path}: expected ${String(golden)}, got ${String(found)}`];
}

/** Every so many bars one figure of a series is compared by itself; the rest by their sums. */
const SAMPLE_BARS = 45;
const STATISTICS = ['psi/quantile-ref', 'kl/quantile-ref', 'js/quantile-ref', 'ks', 'w1/iqr'];
const PERFORMANCE: Readonly<Record<string, readonly string[]>> = {
  loss: ['value', 'limit', 'meanLoss', 'baselineLoss', 't'],
  calibration: ['value', 'limit', 't'],
  value_at_risk: ['value', 'limit', 'pAtLeast', 'pAtMost'],
};
const SUBJECTS: Readonly<Record<string, string>> = { calibration: 'mean', value_at_risk: 'breaches' };

/** The figures of an agent's replays and table, as the golden names them. */
export function figuresOf(exported: AgentExport): Record<string, unknown> {
  const { table, timelines } = exported;
  const { policy } = timelines;
  const days = policy.predictions.map(asOf);
  const lossSubject = table.loss;
  const subjectOf = ({ subject, monitor }: Row): string =>
    typeof subject === 'string' ? subject : (SUBJECTS[String(monitor)] ?? lossSubject);
  const answers = Object.entries(timelines).map(([name, { predictions }]) => [
    name,
    summary(
      predictions.map((row) => (row['outputs'] as number[])[0]),
      days,
    ),
  ]);
  return {
    answers: Object.fromEntries(answers),
    drift: driftFigures(policy.drift, days),
    performance: performanceFigures(policy.performance, days),
    statuses: statuses([...policy.drift, ...policy.performance], subjectOf),
    alerts: policy.alerts.map(alertFigures),
    speaks: speaksFrom(policy.states),
    decisions: policy.decisions
      .filter(({ kind }) => kind === 'slot')
      .map((decision) => [asOf(decision), decision['action']]),
    ...tableFigures(table),
  };
}

const dayOf = (instant: unknown): string | null =>
  instant instanceof Date ? instant.toISOString().slice(0, 10) : null;
const asOf = (row: Row): string => dayOf(row['as_of'])!;

interface Summary {
  readonly bars: number;
  readonly sum: number;
  readonly moment: number;
  readonly samples: Readonly<Record<string, number>>;
}

/** How many figures there are, their sum, their sum weighted by place, and some of them. */
function summary(values: readonly (number | null | undefined)[], days: readonly string[]): Summary {
  const known = values.flatMap((value, place) => (value === null || value === undefined ? [] : [{ value, place }]));
  const sampled = known.filter(({ place }) => place % SAMPLE_BARS === SAMPLE_BARS - 1);
  return {
    bars: known.length,
    sum: known.reduce((sum, { value }) => sum + value, 0),
    moment: known.reduce((sum, { value, place }) => sum + (value * (place + 1)) / values.length, 0),
    samples: Object.fromEntries(sampled.map(({ value, place }) => [days[place], value])),
  };
}

function groupBy(rows: readonly Row[], nameOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(nameOf(row), [...(groups.get(nameOf(row)) ?? []), row]);
  return groups;
}

function driftFigures(rows: readonly Row[], days: readonly string[]): Record<string, Summary> {
  type Details = { readonly statistics?: Readonly<Record<string, Readonly<Record<string, number>>>> };
  const drift = rows.filter(({ monitor }) => monitor === 'features' || monitor === 'predictions');
  const figures: Record<string, Summary> = {};
  for (const [name, series] of groupBy(drift, (row) => `${String(row['monitor'])}/${String(row['subject'])}`)) {
    for (const statistic of STATISTICS) {
      for (const figure of ['value', 'limit']) {
        const values = series.map((row) => (row['details'] as Details).statistics?.[statistic]?.[figure]);
        figures[`${name} ${statistic} ${figure}`] = summary(values, days);
      }
    }
  }
  return figures;
}

function performanceFigures(rows: readonly Row[], days: readonly string[]): Record<string, Summary> {
  const figures: Record<string, Summary> = {};
  for (const [monitor, series] of groupBy(rows, (row) => String(row['monitor']))) {
    for (const figure of PERFORMANCE[monitor] ?? []) {
      figures[`${monitor} ${figure}`] = summary(
        series.map((row) => performanceFigure(row, figure)),
        days,
      );
    }
  }
  return figures;
}

/** Only of bars on which the monitor could speak. */
function performanceFigure(row: Row, figure: string): number | null | undefined {
  if (row['limit_value'] === null) return undefined;
  if (figure === 'value') return row['value'] as number | null;
  if (figure === 'limit') return row['limit_value'] as number | null;
  const details = row['details'] as Readonly<Record<string, number>> & { readonly lower?: Record<string, number> };
  return figure === 'pAtMost' ? details.lower?.['pAtMost'] : details[figure];
}

function statuses(rows: readonly Row[], subjectOf: (row: Row) => string): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const row of rows) {
    const said = (counts[`${String(row['monitor'])}/${subjectOf(row)}`] ??= {});
    const status = String(row['status']);
    said[status] = (said[status] ?? 0) + 1;
  }
  return counts;
}

function alertFigures(row: Row): Row {
  const { monitor, subject, severity } = row;
  const times = { opened: dayOf(row['opened_as_of']), resolved: dayOf(row['resolved_as_of']), by: row['resolved_by'] };
  return { monitor, subject, severity, ...times };
}

/** The alert that stands for many inputs has no past of its own. */
function speaksFrom(states: readonly Row[]): Record<string, string | null> {
  const own = states.filter(({ monitor, subject }) => monitor !== subject);
  return Object.fromEntries(
    own.map((row) => [`${String(row['monitor'])}/${String(row['subject'])}`, dayOf(row['speaks_from'])]),
  );
}

/** Rows that the table has no number for have names of their own. */
function tableFigures({ rows, comparisons, alarms, tellings }: ResultTable): Record<string, unknown> {
  const isEra = ({ kind }: ResultRow): boolean => kind === 'era';
  const kinds = alarms.kinds.map(({ monitor, alarms: count, judged, followedByHigherLoss }) => [
    monitor,
    { alarms: count, judged, followedByHigherLoss },
  ]);
  return {
    rows: Object.fromEntries(rows.filter((row) => !isEra(row)).map((row) => [row.kind, rowFigures(row)])),
    eras: Object.fromEntries(rows.filter(isEra).map((row) => [row.name, rowFigures(row)])),
    comparisons: Object.fromEntries(comparisons.map(({ of, against, ...figures }) => [`${of} - ${against}`, figures])),
    alarms: { kinds: Object.fromEntries(kinds), anyBar: alarms.anyBar },
    refusals: Object.fromEntries(alarms.refusals.map(({ reason, count }) => [reason, count])),
    tellings: tellings.items.map(({ sharpe, standardError }) => ({ sharpe, standardError })),
  };
}

function rowFigures(row: ResultRow): Record<string, unknown> {
  const { name, kind, number, isConstant, sharpeAgainstHold, breachRateInterval, ...figures } = row;
  return {
    ...figures,
    ...(sharpeAgainstHold && {
      sharpeDifference: sharpeAgainstHold.difference,
      sharpeDifferenceSe: sharpeAgainstHold.standardError,
    }),
    ...(breachRateInterval && { breachRateLow: breachRateInterval[0], breachRateHigh: breachRateInterval[1] }),
  };
}
