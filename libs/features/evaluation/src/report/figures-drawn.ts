import type { Curve } from '../curves.js';
import type { TimelineDecision } from '../decision-counts.js';
import type { Evaluation } from '../evaluation.service.js';
import { day } from '../header.js';
import { escapeHtml } from './escape.js';
import { lanePlot, linePlot, smallPlot, type Lane, type Line, type Point } from './plots.js';

/** Multiples of the limit above which drift is drawn at the top of its plot. */
const CEILING = 3;

const ACTIONS: readonly TimelineDecision['action'][] = ['retrain', 'promote', 'refuse', 'rollback', 'pause'];

/** A plot with its caption and, where lines have to be told apart, their names. */
function figure(title: string, caption: string, drawing: string, lines: readonly Line[] = []): string {
  const keys = lines.map(({ name, style }) => `<span class="key ${style}">${escapeHtml(name)}</span>`).join(' ');
  const legend = lines.length > 1 ? `<p class="legend">${keys}</p>` : '';
  return `<figure><h3>${escapeHtml(title)}</h3>${legend}${drawing}<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

/** What one unit at the first close grew to, net of cost; on a logarithmic axis equal distances are equal growth. */
export function equityFigure(evaluation: Evaluation): string {
  const lines = evaluation.returns.map((curve) =>
    lineOf(curve, evaluation.eventTimes, (wealth, value) => wealth * (1 + value), 1),
  );
  if (lines.every(({ points }) => points.length === 0)) return '';
  const drawing = linePlot({
    title: 'Equity over time',
    yTitle: 'value of 1 invested at the start, after cost, logarithmic',
    span: spanOf(evaluation),
    lines,
    isLog: true,
    lanes: decisionLanes(evaluation.decisions),
  });
  return figure(
    'Equity',
    `Growth of 1 after cost, by bar (UTC dates); ${evaluation.table.returns}. Lanes: decisions of the policy.`,
    drawing,
    lines,
  );
}

/** Where a line falls its row is doing better than the naive baseline, where it rises worse. */
export function lossFigure(evaluation: Evaluation): string {
  const lines = evaluation.lossDifferences.map((curve) =>
    lineOf(curve, evaluation.eventTimes, (sum, value) => sum + value, 0),
  );
  if (lines.every(({ points }) => points.length === 0)) return '';
  const drawing = linePlot({
    title: 'Cumulative difference of loss to the naive baseline',
    yTitle: `sum of ${evaluation.table.loss === 'log_loss' ? 'log loss' : 'QLIKE'} minus the baseline’s`,
    span: spanOf(evaluation),
    lines,
    reference: 0,
    lanes: decisionLanes(evaluation.decisions),
  });
  return figure(
    'Loss against the naive baseline',
    'Summed over matured bars (UTC dates): falling is better than the naive baseline, rising is worse, level is the baseline itself. Lanes: decisions of the policy.',
    drawing,
    lines,
  );
}

/** Every monitored input as a multiple of its limit. */
export function driftFigure({ drift, ...evaluation }: Evaluation): string {
  const subjects = new Map<string, Point[]>();
  for (const { monitor, subject, asOf, ratio } of drift) {
    const name = monitor === 'features' ? subject : `${monitor}: ${subject}`;
    const points = subjects.get(name) ?? [];
    points.push([asOf.getTime(), ratio]);
    subjects.set(name, points);
  }
  if (subjects.size === 0) return '';
  const span = spanOf(evaluation);
  const plots = [...subjects].map(([title, points]) => smallPlot({ title, span, points, ceiling: CEILING }));
  return figure(
    'Drift against its limit',
    `Value over limit by bar (UTC years): above the dashed line at 1 the statistic is beyond what past windows of the agent’s own data reached. More than ${CEILING} is drawn at ${CEILING}. No line: the monitor could not speak yet.`,
    `<div class="smalls">${plots.join('')}</div>`,
  );
}

/** When alarms were open, by kind and monitor. */
export function alarmFigure({ alarms, ...evaluation }: Evaluation): string {
  if (alarms.length === 0) return '';
  const [, end] = spanOf(evaluation);
  const lanes = new Map<string, Lane & { marks: { from: number; to: number; title: string }[] }>();
  for (const { kind, severity, monitor, subject, openedAsOf, resolvedAsOf, message } of alarms) {
    const name = `${kind} · ${monitor}`;
    const lane = lanes.get(name) ?? { name, style: `alarm-${kind.toLowerCase()}`, marks: [] };
    const title = `${day(openedAsOf)} to ${resolvedAsOf === undefined ? 'the end' : day(resolvedAsOf)}, ${severity}, ${subject}: ${message}`;
    lane.marks.push({ from: openedAsOf.getTime(), to: Math.min(resolvedAsOf?.getTime() ?? end, end), title });
    lanes.set(name, lane);
  }
  const sorted = [...lanes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return figure(
    'Alarms by kind',
    'From the bar that opened an alarm to the bar that ended it (UTC dates); one lane a kind and monitor, alarms of several subjects overlie.',
    lanePlot('Alarms by kind over time', spanOf(evaluation), sorted),
  );
}

function spanOf({ eventTimes }: Pick<Evaluation, 'eventTimes'>): [number, number] {
  return [eventTimes[0]!.getTime(), eventTimes.at(-1)!.getTime()];
}

/** Adds up a curve; bars without a value leave no point. */
function lineOf(
  { kind, name, firstRow, values }: Curve,
  eventTimes: readonly Date[],
  add: (sum: number, value: number) => number,
  start: number,
): Line {
  const points: Point[] = [];
  let sum = start;
  values.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    sum = add(sum, value);
    points.push([eventTimes[firstRow + index]!.getTime(), sum]);
  });
  return { name, style: kind, points };
}

function decisionLanes(decisions: readonly TimelineDecision[]): Lane[] {
  return ACTIONS.flatMap((action) => {
    const own = decisions.filter((decision) => decision.action === action);
    if (own.length === 0) return [];
    const marks = own.map(({ asOf, version, reason }) => ({
      from: asOf.getTime(),
      title: `${day(asOf)} ${action}${version === undefined ? '' : ` ${version}`}: ${reason}`,
    }));
    return [{ name: action, style: `action-${action}`, marks }];
  });
}
