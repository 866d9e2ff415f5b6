import type { ResultTable } from '@tidemark/contracts';
import { columnsOf, shareOf, withError } from './figures.js';
import { headerFacts } from './header.js';

/** Longest line of words; the table itself is about as wide. */
const WIDTH = 118;
/** Reasons of refusals that are named. */
const REASONS = 5;

/** The table as `npm start` prints it: header, rows 1 to 6, 11 and 12, verdict in words. */
export function renderTable(table: ResultTable): string {
  const facts = headerFacts(table).map(([label, text]) => wrap(`  ${label.padEnd(7)}`, text));
  return [
    table.agent,
    ...facts.flat(),
    '',
    ...rowLines(table),
    '',
    ...alarmLines(table),
    ...tellingLines(table),
    '',
    ...table.verdict.flatMap((line) => wrap('  - ', line)),
  ].join('\n');
}

function rowLines(table: ResultTable): string[] {
  const columns = columnsOf(table.task);
  const cells = [
    columns.map(({ title }) => title[0]),
    columns.map(({ title }) => title[1]),
    ...table.rows.map((row) => columns.map(({ cell }) => cell(row) ?? '–')),
  ];
  return aligned(cells, '  ');
}

/** Columns of equal width: the first to the left, figures to the right. */
export function aligned(cells: readonly (readonly string[])[], gap: string): string[] {
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells.map((line) =>
    line
      .map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .join(gap)
      .trimEnd(),
  );
}

function alarmLines({ alarms }: ResultTable): string[] {
  const { kinds, anyBar, refusals, windowBars } = alarms;
  const rows = kinds.map(({ kind, monitor, alarms: count, judged, followedByHigherLoss }) => [
    `    ${kind} ${monitor}`,
    String(count),
    shareOf(followedByHigherLoss, judged),
  ]);
  const all = ['    on any bar', '', shareOf(anyBar.followedByHigherLoss, anyBar.judged)];
  const title = [`11 alarms, and higher loss within ${windowBars} bars`, 'alarms', 'followed by higher loss'];
  const reasons = refusals.slice(0, REASONS).map(({ reason, count }) => `${count} × ${reason}`);
  const rest = refusals.slice(REASONS).reduce((sum, { count }) => sum + count, 0);
  if (rest > 0) reasons.push(`${rest} for other reasons`);
  return [
    ...(kinds.length === 0 ? ['11 no alarms'] : aligned([title, ...rows, all], '  ')),
    ...wrap('   refusals: ', reasons.length === 0 ? 'none' : reasons.join('; ')),
  ];
}

function tellingLines({ tellings }: ResultTable): string[] {
  if (tellings.items.length === 0) return wrap('12 the same signals, told twice: ', tellings.note ?? 'nothing to tell');
  const rows = tellings.items.map(({ name, sharpe, standardError, isHonest }) => [
    `    ${isHonest ? 'honest ' : 'naive  '} ${name}`,
    isHonest || standardError !== undefined
      ? (withError(sharpe, standardError) ?? '–')
      : (sharpe?.toFixed(2).padEnd('0.00 ± 0.00'.length) ?? '–'),
  ]);
  return aligned([['12 the same signals, told naively and honestly', 'Sharpe ± SE'], ...rows], '  ');
}

/** Breaks words into lines that hang under the first. */
export function wrap(prefix: string, text: string): string[] {
  const lines: string[] = [];
  let line = prefix;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = ' '.repeat(prefix.length);
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
