import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeApi, errorBody, type FakeAnswer } from '../testing/fake-api.js';
import { apiEnv, cli, type CliResult } from '../testing/cli-run.js';
import { JOB_ID, sampleJob } from '../testing/samples.js';

const HEADER = 'date,open,high,low,close,volume';
const REPORT = {
  series: 'sp500',
  rows: 2,
  inserted: 1,
  unchanged: 0,
  restated: 1,
  from: '2020-04-20T00:00:00.000Z',
  to: '2020-04-21T00:00:00.000Z',
  warnings: [{ code: 'GAPS', message: '1 gaps over 4 days' }],
};

function manyRows(count: number): string {
  const start = Date.parse('1980-01-01T00:00:00Z');
  const rows = Array.from(
    { length: count },
    (_, day) => `${new Date(start + day * 86_400_000).toISOString().slice(0, 10)},1,2,1,2,0`,
  );
  return [HEADER, ...rows].join('\n');
}

describe('bars', () => {
  let api: FakeApi;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-cli-'));
  });

  afterEach(async () => {
    await api.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function add(csv: string, answers: FakeAnswer | FakeAnswer[] = { body: REPORT }): Promise<CliResult> {
    const file = join(folder, 'bars.csv');
    writeFileSync(file, csv);
    api = await FakeApi.start({ 'POST /api/v1/bars': answers });
    return cli(['bars', 'add', 'sp500', file], { env: apiEnv(api.url) });
  }

  it('sends the rows of a file and prints what became of them', async () => {
    const { code, out } = await add(
      'close,low,high,open,volume,date,note\n2,1,3,2,100,2020-04-20,x\n2.5,1,3,2,100,2020-04-21,y\n',
    );
    expect(code).toBe(0);
    expect(api.requests[0]!.body).toEqual({
      series: 'sp500',
      bars: [
        { time: '2020-04-20', open: 2, high: 3, low: 1, close: 2, volume: 100 },
        { time: '2020-04-21', open: 2, high: 3, low: 1, close: 2.5, volume: 100 },
      ],
    });
    expect(out).toBe(
      'sp500: 2 rows, 2020-04-20 to 2020-04-21: 1 new, 0 unchanged, 1 restated\n  GAPS: 1 gaps over 4 days\n',
    );
  });

  it('sends at most 10,000 rows at a time', async () => {
    await add(manyRows(10_001));
    const sizes = api.requests.map(({ body }) => (body as { bars: unknown[] }).bars.length);
    expect(sizes).toEqual([10_000, 1]);
  });

  it('says how much was stored when a later part is refused', async () => {
    const refusal = { status: 503, body: errorBody('DATABASE_UNAVAILABLE', 'away.') };
    const { code, err } = await add(manyRows(10_001), [{ body: REPORT }, refusal]);
    expect(code).toBe(75);
    expect(err).toContain('DATABASE_UNAVAILABLE: away. 10000 of 10001 bars were stored before');
  });

  it.each([
    ['a missing column', 'date,open,high,low,close\n', 'BARS_COLUMNS_MISSING', 'volume'],
    ['an empty file', '', 'BARS_COLUMNS_MISSING', 'it is empty'],
    ['no rows', `${HEADER}\n`, 'BARS_INVALID', 'row 2, column date: expected at least one bar'],
    ['a ragged row', `${HEADER}\n2020-01-01,1,2`, 'BARS_FILE_INVALID', 'not a readable CSV file'],
    [
      'text for a number',
      `${HEADER}\n2020-01-01,1,2,1,n/a,0`,
      'BARS_INVALID',
      'row 2, column close: expected a positive number, got "n/a"',
    ],
    [
      'a missing number',
      `${HEADER}\n2020-01-01,1,2,1,,0`,
      'BARS_INVALID',
      'row 2, column close: expected a positive number, got ""',
    ],
    ['a negative volume', `${HEADER}\n2020-01-01,1,2,1,2,-5`, 'BARS_INVALID', 'row 2, column volume'],
    ['an impossible date', `${HEADER}\n2020-02-30,1,2,1,2,0`, 'BARS_INVALID', 'row 2, column date'],
    ['a local time', `${HEADER}\n2020-02-20T10:00:00,1,2,1,2,0`, 'BARS_INVALID', 'row 2, column date'],
    ['low above high', `${HEADER}\n2020-01-01,1,2,3,2,0`, 'BARS_INVALID', 'row 2, column low: low 3 is above high 2'],
    ['a close outside', `${HEADER}\n2020-01-01,1,2,1,9,0`, 'BARS_INVALID', 'row 2, column close: close 9 is outside'],
    ['a duplicate', `${HEADER}\n2020-01-01,1,2,1,2,0\n2020-01-01,1,2,1,2,0`, 'BARS_INVALID', 'row 3, column date'],
    ['no order', `${HEADER}\n2020-01-02,1,2,1,2,0\n2020-01-01,1,2,1,2,0`, 'BARS_INVALID', 'row 3, column date'],
  ])('refuses a file with %s and sends nothing', async (_, csv, code, text) => {
    const refused = await add(csv);
    expect(refused.code).toBe(2);
    expect(refused.err.startsWith(`${code}: `)).toBe(true);
    expect(refused.err).toContain(text);
    expect(api.requests).toHaveLength(0);
  });

  it('lists bars as known at an instant', async () => {
    const bar = {
      series: 'sp500',
      eventTime: '2020-04-17T00:00:00.000Z',
      knownAt: '2020-04-18T00:00:00.000Z',
      open: 1,
      high: 3,
      low: 1,
      close: 2.5,
      volume: 9,
    };
    api = await FakeApi.start({ 'GET /api/v1/bars': { body: { items: [bar] } } });
    const { out } = await cli(['bars', 'list', 'sp500', '--as-of', '2020-04-18'], { env: apiEnv(api.url) });
    expect(api.requests[0]!.line).toBe('GET /api/v1/bars?series=sp500&asOf=2020-04-18');
    expect(out).toMatch(/^2020-04-17 +1 +3 +1 +2\.5 +9 {2}2020-04-18$/m);
  });

  it('ingests the file of an agent and reports its rows', async () => {
    api = await FakeApi.start({
      'POST /api/v1/agents/market_insight/ingest': {
        status: 202,
        body: sampleJob({ kind: 'ingest', state: 'queued' }),
      },
      [`GET /api/v1/jobs/${JOB_ID}`]: { body: sampleJob({ kind: 'ingest', state: 'succeeded', result: REPORT }) },
    });
    const { out } = await cli(['bars', 'ingest', 'market_insight'], { env: apiEnv(api.url) });
    expect(out).toContain('1 new, 0 unchanged, 1 restated');
  });
});
