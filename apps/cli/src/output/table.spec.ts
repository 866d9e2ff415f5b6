import { describe, expect, it } from '@jest/globals';
import { renderFields, renderTable, type Column } from './table.js';

interface Row {
  readonly name: string;
  readonly count?: number;
  readonly note?: string;
}

const columns: Column<Row>[] = [
  { title: 'NAME', cell: (row) => row.name },
  { title: 'COUNT', cell: (row) => row.count },
  { title: 'NOTE', cell: (row) => row.note },
];

describe('renderTable', () => {
  it('aligns text left and numbers right, without spaces at the ends of lines', () => {
    const rows = [
      { name: 'a', count: 7, note: 'x' },
      { name: 'long_name', count: 1234, note: '' },
    ];
    expect(renderTable(columns, rows)).toEqual(['NAME       COUNT  NOTE', 'a              7  x', 'long_name   1234']);
  });

  it('shows what is not known as a dash', () => {
    expect(renderTable(columns, [{ name: 'a' }])[1]).toBe('a     –      –');
  });

  it('counts characters, so that wider encodings stay aligned', () => {
    const lines = renderTable(columns, [
      { name: 'Δ𝜎', note: 'x' },
      { name: 'ab', note: 'y' },
    ]);
    expect(Array.from(lines[1]!).indexOf('x')).toBe(Array.from(lines[2]!).indexOf('y'));
  });

  it('lets no control character through', () => {
    expect(renderTable(columns, [{ name: 'a\u001b[31m\nb' }]).join('')).not.toMatch(/\u001b|\n/);
  });

  it('prints the titles of an empty table', () => {
    expect(renderTable(columns, [])).toEqual(['NAME  COUNT  NOTE']);
  });
});

describe('renderFields', () => {
  it('aligns the values and leaves out what is undefined', () => {
    expect(
      renderFields([
        ['a', 1],
        ['gone', undefined],
        ['longer', true],
      ]),
    ).toEqual(['a       1', 'longer  yes']);
  });
});
