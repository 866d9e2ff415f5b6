import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { BarInput } from '@tidemark/contracts';
import { listen, selectRows } from '@tidemark/database';
import type { SteppedClock } from '@tidemark/kernel';
import { buildBars, createTestDatabase, eventually, stepClock, type TestDatabase } from '@tidemark/testing';
import { BarRepository } from './bar.repository.js';
import type { StoredBar } from './bar.js';
import { IngestService } from './ingest.service.js';
import { BARS_CHANNEL } from './read/index.js';

const BARS = buildBars(10, { start: '2020-01-01' });
const NOW = '2020-06-01T12:00:00.000Z';
const SERIES = 'test_series';

const input = (index: number, changes: Partial<BarInput> = {}): BarInput => {
  const { eventTime, ...prices } = BARS[index]!;
  return { time: eventTime.toISOString().slice(0, 10), ...prices, ...changes };
};

describe('IngestService', () => {
  let database: TestDatabase;
  let clock: SteppedClock;
  let repository: BarRepository;
  let ingest: IngestService;

  beforeAll(async () => {
    database = await createTestDatabase({ poolSize: 12 });
  });
  beforeEach(async () => {
    await database.dataSource.query('truncate bars');
    clock = stepClock(NOW);
    repository = new BarRepository(database.dataSource);
    ingest = new IngestService(database.dataSource, repository, clock);
  });
  afterAll(() => database.close());

  const file = (bars = BARS) => ingest.store(SERIES, bars, { source: 'csv:test', knownAfterHours: 24 });
  const asOf = (instant: string): Promise<StoredBar[]> =>
    repository.page({ series: SERIES, asOf: new Date(instant), limit: 100 });
  const rows = async (): Promise<number> => (await selectRows(database.dataSource, 'select 1 from bars')).length;

  it('takes a file’s history as known the declared hours after each bar', async () => {
    expect(await file()).toMatchObject({ series: SERIES, rows: 10, inserted: 10, unchanged: 0, restated: 0 });
    const stored = await asOf(NOW);
    expect(stored.map(({ knownAt }) => knownAt.getTime())).toEqual(
      BARS.map(({ eventTime }) => eventTime.getTime() + 86_400_000),
    );
    expect(stored[3]).toEqual({ ...BARS[3], knownAt: stored[3]!.knownAt });
    expect(await asOf('2020-01-04T00:00:00Z')).toHaveLength(3);
  });

  it('never dates what it knows after now', async () => {
    clock = stepClock('2020-01-05T06:00:00Z');
    await new IngestService(database.dataSource, repository, clock).store(SERIES, BARS.slice(0, 5), {
      source: 'csv:test',
      knownAfterHours: 24,
    });
    expect((await asOf(NOW)).at(-1)?.knownAt).toEqual(new Date('2020-01-05T06:00:00Z'));
  });

  it('adds nothing when the same file comes again', async () => {
    await file();
    expect(await file()).toMatchObject({ inserted: 0, unchanged: 10, restated: 0 });
    expect(await rows()).toBe(10);
  });

  it('knows rows that a later file brings from then on', async () => {
    await file(BARS.slice(0, 8));
    expect(await file()).toMatchObject({ inserted: 2, unchanged: 8 });
    expect((await asOf(NOW)).slice(8).map(({ knownAt }) => knownAt)).toEqual([new Date(NOW), new Date(NOW)]);
    expect(await asOf('2020-05-31T00:00:00Z')).toHaveLength(8);
  });

  it('keeps a restated bar as a further row with its own known-at', async () => {
    await file();
    const changed = BARS.map((bar, index) => (index === 4 ? { ...bar, volume: bar.volume + 1 } : bar));
    expect(await file(changed)).toMatchObject({ inserted: 0, unchanged: 9, restated: 1 });
    expect(await rows()).toBe(11);
    expect((await asOf('2020-05-31T00:00:00Z'))[4]?.volume).toBe(BARS[4]!.volume);
    expect((await asOf(NOW))[4]).toMatchObject({ volume: BARS[4]!.volume + 1, knownAt: new Date(NOW) });
  });

  it('dates a restatement strictly after what it replaces, even while the clock stands', async () => {
    await ingest.post(SERIES, [input(0)]);
    for (const volume of [1, 2, 3]) {
      expect(await ingest.post(SERIES, [input(0, { volume })])).toMatchObject({ restated: 1 });
    }
    const known = await selectRows<{ volume: number; known_at: Date }>(
      database.dataSource,
      'select volume, known_at from bars order by known_at',
    );
    expect(known.map(({ known_at }) => known_at.getTime() - Date.parse(NOW))).toEqual([0, 1, 2, 3]);
    expect(known.slice(1).map(({ volume }) => volume)).toEqual([1, 2, 3]);
  });

  it('knows posted bars from now on, however old they are', async () => {
    expect(await ingest.post(SERIES, [input(0), input(1)])).toMatchObject({ inserted: 2 });
    expect(await asOf('2020-06-01T11:59:59.999Z')).toEqual([]);
    expect(await asOf(NOW)).toHaveLength(2);
  });

  it('takes a file’s history as declared also after a live bar of the same series', async () => {
    await ingest.post(SERIES, [{ ...input(0), time: '2020-05-29' }]);
    expect(await file()).toMatchObject({ inserted: BARS.length });
    expect(await asOf('2020-01-04T00:00:00Z')).toHaveLength(3);
  });

  it.each<[string, BarInput[], number, string]>([
    ['unsorted bars', [input(1), input(0)], 2, 'time'],
    ['a duplicate', [input(0), input(0)], 2, 'time'],
    ['low above high', [input(0), input(1, { low: 999 })], 2, 'low'],
    ['a close outside', [input(0, { close: 1 })], 1, 'close'],
    ['a bar of the future', [input(0), input(1, { time: '2020-06-02' })], 2, 'time'],
  ])('stores nothing of a post with %s', async (_what, bars, row, column) => {
    await expect(ingest.post(SERIES, bars)).rejects.toMatchObject({
      code: 'BARS_INVALID',
      details: { problems: [{ row, column }] },
    });
    expect(await rows()).toBe(0);
  });

  it('serialises concurrent posts of a series: each bar once', async () => {
    const posts = Array.from({ length: 10 }, () =>
      ingest.post(
        SERIES,
        BARS.map((_, index) => input(index)),
      ),
    );
    const reports = await Promise.all(posts);
    expect(reports.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(10);
    expect(reports.reduce((sum, { unchanged }) => sum + unchanged, 0)).toBe(90);
    expect(await rows()).toBe(10);
  });

  it('keeps series apart', async () => {
    await ingest.post(SERIES, [input(0)]);
    expect(await ingest.post('other', [input(0, { volume: 9 })])).toMatchObject({ inserted: 1, restated: 0 });
  });

  it('pages by event time, from included, to excluded', async () => {
    await file();
    const page = (limit: number, after?: Date) =>
      repository.page({
        series: SERIES,
        asOf: new Date(NOW),
        from: new Date('2020-01-03T00:00:00Z'),
        to: new Date('2020-01-08T00:00:00Z'),
        after,
        limit,
      });
    const days = (bars: StoredBar[]): number[] => bars.map(({ eventTime }) => eventTime.getUTCDate());
    expect(days(await page(2))).toEqual([3, 4, 5]);
    expect(days(await page(10, new Date('2020-01-04T00:00:00Z')))).toEqual([5, 6, 7]);
  });

  it('tells of new bars, and not of an ingest that brought none', async () => {
    const heard: (string | undefined)[] = [];
    const subscription = await listen(database.url, BARS_CHANNEL, (series) => heard.push(series));
    await file();
    await file();
    await ingest.post('other', [input(0)]);
    await eventually(() => heard.includes('other'));
    expect(heard).toEqual([SERIES, 'other']);
    await subscription.close();
  });
});
