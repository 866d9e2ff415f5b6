import type { ResultTable } from '@tidemark/contracts';
import type { Evaluation } from '../evaluation.service.js';
import { columnsOf, shareOf, withError } from '../figures.js';
import { day, headerFacts } from '../header.js';
import { escapeHtml } from './escape.js';
import { alarmFigure, driftFigure, equityFigure, lossFigure } from './figures-drawn.js';
import { STYLE } from './style.js';

/** A table's cell; `text` is left-aligned prose. */
type Cell = string | { readonly text: string };

/** One agent's report as a page that needs nothing but itself. */
export function reportHtml(evaluation: Evaluation): string {
  const { table } = evaluation;
  return page(`${table.agent} on ${table.timeline}`, [
    `<h1>${escapeHtml(table.agent)}</h1>`,
    `<p>${table.task === 'direction' ? 'Direction' : 'Volatility'} agent, ${day(table.span.from)} to ${day(table.span.to)}, on the timeline ${escapeHtml(table.timeline)}. <a href="../${encodeURIComponent(table.timeline)}">All reports of this timeline</a></p>`,
    '<h2>Verdict</h2>',
    `<ul class="verdict">${table.verdict.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`,
    '<h2>What was measured, and how</h2>',
    `<dl>${headerFacts(table)
      .map(([label, text]) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd>`)
      .join('')}</dl>`,
    '<h2>Table</h2>',
    resultRows(table),
    '<h2>Over time</h2>',
    equityFigure(evaluation),
    lossFigure(evaluation),
    alarmFigure(evaluation),
    driftFigure(evaluation),
    ...alarmParts(table),
    ...tellingParts(table),
    ...decisionParts(evaluation),
  ]);
}

/** The reports of a timeline. */
export function indexHtml(timeline: string, agents: readonly string[]): string {
  const items = agents.map(
    (agent) =>
      `<li><a href="${encodeURIComponent(timeline)}/${encodeURIComponent(agent)}">${escapeHtml(agent)}</a></li>`,
  );
  return page(`Reports of ${timeline}`, [
    `<h1>Reports of the timeline ${escapeHtml(timeline)}</h1>`,
    `<ul>${items.join('')}</ul>`,
  ]);
}

export function page(title: string, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} – Tidemark</title><style>${STYLE}</style></head>
<body><main>
${parts.filter((part) => part !== '').join('\n')}
</main></body></html>
`;
}

function resultRows(table: ResultTable): string {
  const columns = columnsOf(table.task);
  const head = columns.map(({ title }) => `<th>${escapeHtml(title.filter((line) => line !== '').join('\n'))}</th>`);
  const rows = table.rows.map((row) => {
    const cells = columns.map(({ cell }) => `<td>${escapeHtml(cell(row) ?? '–')}</td>`);
    return `<tr class="${row.kind}">${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

export function plainTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const body = rows.map((row) => `<tr>${row.map(cellOf).join('')}</tr>`);
  return `<div class="scroll"><table><thead><tr>${head.map((title) => `<th>${escapeHtml(title)}</th>`).join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function cellOf(cell: Cell): string {
  return typeof cell === 'string' ? `<td>${escapeHtml(cell)}</td>` : `<td class="text">${escapeHtml(cell.text)}</td>`;
}

function alarmParts({ alarms: { kinds, anyBar, refusals, windowBars } }: ResultTable): string[] {
  const rows = kinds.map(({ kind, monitor, alarms, judged, followedByHigherLoss }) => [
    `${kind} ${monitor}`,
    String(alarms),
    shareOf(followedByHigherLoss, judged),
  ]);
  const all = ['on any bar', '', shareOf(anyBar.followedByHigherLoss, anyBar.judged)];
  const alarmTable = plainTable(['', 'alarms', `followed by higher loss within ${windowBars} bars`], [...rows, all]);
  const refused = plainTable(
    ['refused because', 'times'],
    refusals.map(({ reason, count }) => [reason, String(count)]),
  );
  return [
    '<h2>Alarms and refusals (row 11)</h2>',
    kinds.length === 0 ? '<p>No monitor raised an alarm.</p>' : alarmTable,
    refusals.length === 0 ? '<p>Nothing was refused.</p>' : refused,
  ];
}

function tellingParts({ tellings: { items, note } }: ResultTable): string[] {
  const rows = items.map(({ name, isHonest, sharpe, standardError }) => [
    name,
    isHonest ? 'honest' : 'naive',
    standardError === undefined ? (sharpe?.toFixed(2) ?? '–') : (withError(sharpe, standardError) ?? '–'),
  ]);
  return [
    '<h2>The same signals, told naively and honestly (row 12)</h2>',
    items.length === 0 ? `<p>${escapeHtml(note ?? '')}</p>` : plainTable(['', 'told', 'Sharpe ± SE'], rows),
  ];
}

function decisionParts({ decisions }: Evaluation): string[] {
  if (decisions.length === 0) return ['<h2>Decisions</h2>', '<p>Nothing was decided but to wait.</p>'];
  const rows = decisions.map(({ asOf, action, mode, version, reason }): Cell[] => [
    day(asOf),
    action,
    mode?.replace('_', ' ') ?? '',
    version ?? '',
    { text: reason },
  ]);
  return [
    '<h2>Decisions other than to wait</h2>',
    `<details><summary>${decisions.length} decisions</summary>${plainTable(['newest bar', 'action', 'kind', 'version', 'reason'], rows)}</details>`,
  ];
}
