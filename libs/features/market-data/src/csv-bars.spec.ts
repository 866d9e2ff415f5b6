import { describe, expect, it } from '@jest/globals';
import { loadAgents, loadBaseConfig } from '@tidemark/config';
import { gapWarning, openEqualsPreviousClose, warningsFor } from './bar.js';
import type { BarProblem } from './bar-problems.js';
import { parseCsvBars, parseTime, type ColumnMapping } from './csv-bars.js';
import { readSource } from './source-reader.js';

const COLUMNS: ColumnMapping = {
  time: 'date',
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  volume: 'volume',
};
const HEADER = 'date,open,high,low,close,volume';
const GOOD = ['2020-01-02,10,12,9,11,500', '2020-01-03,11,13,10,12,0', '2020-01-06,12,12,12,12,7.5'];

const parse = (...lines: string[]) => parseCsvBars(lines.join('\n'), COLUMNS, 'bars.csv');
const thrownBy = (work: () => unknown): { code?: string; details?: { problems?: BarProblem[]; count?: number } } => {
  try {
    work();
    return {};
  } catch (error) {
    return error as { code: string };
  }
};

describe('parseCsvBars', () => {
  it('reads dates as midnight UTC, instants by their offset, in any order of columns', () => {
    const bars = parseCsvBars(
      '\uFEFFvolume,close,low,high,open,date,note\n5,11,9,12,10,2020-01-02,x\n6,12,10,13,11,2020-01-03T16:00:00+02:00,',
      COLUMNS,
      'bars.csv',
    );
    expect(bars).toEqual([
      { eventTime: new Date('2020-01-02T00:00:00Z'), open: 10, high: 12, low: 9, close: 11, volume: 5 },
      { eventTime: new Date('2020-01-03T14:00:00Z'), open: 11, high: 13, low: 10, close: 12, volume: 6 },
    ]);
  });

  it('takes an open outside low to high: files fill it with the previous close', () => {
    expect(parse(HEADER, '2020-01-02,8,12,9,11,500')).toHaveLength(1);
  });

  it.each<[string, string[], [number, string]]>([
    ['an unsorted row', [GOOD[1]!, GOOD[0]!, GOOD[2]!], [3, 'date']],
    ['a duplicate', [GOOD[0]!, GOOD[0]!], [3, 'date']],
    ['a duplicate further up', [GOOD[0]!, GOOD[1]!, GOOD[0]!], [4, 'date']],
    ['a negative price', ['2020-01-02,10,12,-9,11,500'], [2, 'low']],
    ['a price of zero', ['2020-01-02,0,12,9,11,500'], [2, 'open']],
    ['a negative volume', ['2020-01-02,10,12,9,11,-1'], [2, 'volume']],
    ['low above high', ['2020-01-02,10,9,12,11,500'], [2, 'low']],
    ['a close above high', [GOOD[0]!, '2020-01-03,10,12,9,12.5,500'], [3, 'close']],
    ['a close below low', ['2020-01-02,10,12,9,8.99,500'], [2, 'close']],
    ['text for a number', ['2020-01-02,10,12,n/a,11,500'], [2, 'low']],
    ['an empty cell', ['2020-01-02,10,12,9,,500'], [2, 'close']],
    ['a hexadecimal number', ['2020-01-02,0x10,12,9,11,500'], [2, 'open']],
    ['an infinite number', ['2020-01-02,10,Infinity,9,11,500'], [2, 'high']],
    ['a number too large', ['2020-01-02,10,1e999,9,11,500'], [2, 'high']],
    ['a thousands separator', ['2020-01-02,10,12,9,11,"1,500"'], [2, 'volume']],
    ['another way to write dates', ['02.01.2020,10,12,9,11,500'], [2, 'date']],
    ['a day that does not exist', ['2020-02-30,10,12,9,11,500'], [2, 'date']],
    ['a time without an offset', ['2020-01-02T10:00:00,10,12,9,11,500'], [2, 'date']],
    ['a row cut short', [GOOD[0]!, '2020-01-03,11,13'], [3, 'date']],
    ['a row too long', ['2020-01-02,10,12,9,11,500,9'], [2, 'date']],
    ['no bar at all', [], [2, 'date']],
    ['a wrong row after blank lines', ['', GOOD[0]!, '', '2020-01-03,10,12,9,0,500'], [5, 'close']],
  ])('names row and column of %s', (_what, lines, [row, column]) => {
    const { code, details } = thrownBy(() => parse(HEADER, ...lines));
    expect([code, details?.problems?.[0]?.row, details?.problems?.[0]?.column]).toEqual(['BARS_INVALID', row, column]);
  });

  it('lists what is wrong everywhere, in order, and counts all of it', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `2020-01-${String(index + 1).padStart(2, '0')},1,2,3,1,-1`);
    const { details } = thrownBy(() => parse(HEADER, ...lines, 'yesterday,1,1,1,1,1'));
    expect([details?.count, details?.problems?.length]).toEqual([31, 20]);
    expect(details?.problems?.map(({ row }) => row)).toEqual(Array.from({ length: 20 }, (_, index) => index + 2));
  });

  it('does not call the row after an unreadable date unsorted', () => {
    const { details } = thrownBy(() => parse(HEADER, GOOD[0]!, 'never,11,13,10,12,0', GOOD[2]!));
    expect(details?.problems?.map(({ row }) => row)).toEqual([3]);
  });

  it.each([
    ['BARS_COLUMNS_MISSING', ['date,open,high,low,close', GOOD[0]!]],
    ['BARS_COLUMNS_MISSING', ['Date,Open,High,Low,Close,Volume', GOOD[0]!]],
    ['BARS_COLUMNS_MISSING', GOOD],
    ['BARS_FILE_INVALID', ['']],
    ['BARS_FILE_INVALID', [HEADER, '"2020-01-02,10,12,9,11,500']],
  ])('refuses a file with %s', (code, lines) => {
    expect(thrownBy(() => parse(...lines)).code).toBe(code);
  });
});

describe('parseTime', () => {
  it.each(['2020-1-2', '20200102', '', '2020-01-02 10:00:00Z', '2020-13-01', '2020-01-02T25:00:00Z', '1577923200000'])(
    'refuses %p',
    (text) => {
      expect(parseTime(text)).toBeUndefined();
    },
  );
});

describe('warnings', () => {
  it('tell of gaps over four days, not of four', () => {
    expect(gapWarning(parse(HEADER, '2020-01-02,1,1,1,1,1', '2020-01-06,1,1,1,1,1'))).toBeUndefined();
    const gaps = gapWarning(parse(HEADER, '2020-01-02,1,1,1,1,1', '2020-01-07,1,1,1,1,1', '2020-02-01,1,1,1,1,1'));
    expect(gaps).toMatchObject({ code: 'GAPS', message: expect.stringMatching(/^2 gaps over 4 days/) });
  });

  it('have nothing to say about one bar', () => {
    expect(openEqualsPreviousClose(parse(HEADER, GOOD[0]!))).toBeUndefined();
    expect(warningsFor(parse(HEADER, GOOD[0]!))).toEqual([]);
  });

  it('tell of an open that was filled in, on the real S&P 500 file', async () => {
    const { agent, file } = loadAgents(loadBaseConfig({}).agentsDir)[0]!;
    const bars = await readSource(agent.source, file);
    const until2006 = bars.filter(({ eventTime }) => eventTime < new Date('2006-01-01T00:00:00Z'));
    expect(openEqualsPreviousClose(until2006)).toBeGreaterThan(0.9);
    expect(openEqualsPreviousClose(bars)).toBeLessThan(0.9);
    expect(warningsFor(bars).map(({ code }) => code)).toEqual(['GAPS', 'OPEN_EQUALS_PREVIOUS_CLOSE']);
    expect(bars.at(-1)!.eventTime.toISOString().slice(0, 10)).toBe(agent.source.ended);
  });
});
