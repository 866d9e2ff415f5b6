import type { ResultTable } from '@tidemark/contracts';
import type { Evaluation } from '../evaluation.service.js';
import { columnsOf, shareOf, withError } from '../figures.js';
import { day, headerFacts } from '../header.js';
import { escapeMarkdown } from './escape.js';

/** One agent's report as text for a repository or a mail; the plots are on the page beside it. */
export function reportMarkdown(evaluation: Evaluation): string {
  const { table } = evaluation;
  return [
    `# ${escapeMarkdown(table.agent)} on ${escapeMarkdown(table.timeline)}`,
    list(table.verdict.map(escapeMarkdown)),
    '## What was measured, and how',
    list(headerFacts(table).map(([label, text]) => `**${label}**: ${escapeMarkdown(text)}`)),
    '## Table',
    resultRows(table),
    '## Alarms and refusals (row 11)',
    alarmRows(table),
    refusalRows(table),
    '## The same signals, told naively and honestly (row 12)',
    tellingRows(table),
    '## Decisions other than to wait',
    decisionRows(evaluation),
    '',
  ].join('\n\n');
}

export function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

/** The first column to the left, the others to the right. */
export function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  const rule = `| ${head.map((_, column) => (column === 0 ? '---' : '--:')).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function resultRows({ task, rows }: ResultTable): string {
  const columns = columnsOf(task);
  const head = columns.map(({ title }) => title.join(' ').replace('- ', '').trim());
  return grid(
    head,
    rows.map((row) => columns.map(({ cell }) => cell(row)?.trim() ?? '–')),
  );
}

function alarmRows({ alarms: { kinds, anyBar, windowBars } }: ResultTable): string {
  if (kinds.length === 0) return 'No monitor raised an alarm.';
  const rows = kinds.map(({ kind, monitor, alarms, judged, followedByHigherLoss }) => [
    `${kind} ${monitor}`,
    String(alarms),
    shareOf(followedByHigherLoss, judged),
  ]);
  const all = ['on any bar', '', shareOf(anyBar.followedByHigherLoss, anyBar.judged)];
  return grid(['', 'alarms', `followed by higher loss within ${windowBars} bars`], [...rows, all]);
}

function refusalRows({ alarms: { refusals } }: ResultTable): string {
  if (refusals.length === 0) return 'Nothing was refused.';
  return grid(
    ['refused because', 'times'],
    refusals.map(({ reason, count }) => [reason, String(count)]),
  );
}

function tellingRows({ tellings: { items, note } }: ResultTable): string {
  if (items.length === 0) return escapeMarkdown(note ?? '');
  return grid(
    ['', 'told', 'Sharpe ± SE'],
    items.map(({ name, isHonest, sharpe, standardError }) => [
      name,
      isHonest ? 'honest' : 'naive',
      standardError === undefined ? (sharpe?.toFixed(2) ?? '–') : (withError(sharpe, standardError) ?? '–'),
    ]),
  );
}

function decisionRows({ decisions }: Evaluation): string {
  if (decisions.length === 0) return 'Nothing was decided but to wait.';
  return grid(
    ['newest bar', 'action', 'kind', 'version', 'reason'],
    decisions.map(({ asOf, action, mode, version, reason }) => [
      day(asOf),
      action,
      mode?.replace('_', ' ') ?? '',
      version ?? '',
      reason,
    ]),
  );
}
