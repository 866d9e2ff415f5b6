/** What a cell may hold; undefined is shown as a dash: it is not known, which is not zero. */
export type Cell = string | number | boolean | undefined;

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => Cell;
}

const GAP = '  ';
const MISSING = '–';
const CONTROL = /\p{Cc}+/gu;

/** Left-aligned columns under their titles; a column whose every cell is a number is aligned right. */
export function renderTable<T>(columns: readonly Column<T>[], rows: readonly T[]): string[] {
  const cells = columns.map(({ cell }) => rows.map(cell));
  const texts = columns.map(({ title }, index) => [title, ...cells[index]!.map(cellText)]);
  const widths = texts.map((column) => Math.max(...column.map(width)));
  const isNumeric = cells.map((column) => column.length > 0 && column.every((cell) => typeof cell === 'number'));
  const line = (row: number): string =>
    texts
      .map((column, index) => pad(column[row]!, widths[index]!, isNumeric[index]!))
      .join(GAP)
      .trimEnd();
  return Array.from({ length: rows.length + 1 }, (_, row) => line(row));
}

/** `name  value` lines with the values aligned; what is undefined is left out. */
export function renderFields(fields: readonly (readonly [name: string, value: Cell])[]): string[] {
  const known = fields.filter(([, value]) => value !== undefined);
  const longest = Math.max(0, ...known.map(([name]) => width(name)));
  return known.map(([name, value]) => `${pad(name, longest, false)}${GAP}${cellText(value)}`.trimEnd());
}

/** Text from elsewhere must not steer the terminal or break the line. */
function cellText(cell: Cell): string {
  if (cell === undefined) return MISSING;
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return String(cell).replace(CONTROL, ' ');
}

function pad(text: string, length: number, isRight: boolean): string {
  const space = ' '.repeat(length - width(text));
  return isRight ? space + text : text + space;
}

/** Characters, not UTF-16 units. */
function width(text: string): number {
  return Array.from(text).length;
}
