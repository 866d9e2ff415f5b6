import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AgentCatalog } from '@tidemark/config';
import { selectRows } from '@tidemark/database';
import type { SteppedClock } from '@tidemark/kernel';
import { createLogger } from '@tidemark/telemetry';
import { buildAgent, createTestDatabase, stepClock, type TestDatabase } from '@tidemark/testing';
import { BarRepository } from './bar.repository.js';
import { FileFollower } from './file-follower.js';
import { FollowedFileRepository } from './followed-file.repository.js';
import { IngestService } from './ingest.service.js';

const HEADER = 'date,open,high,low,close,volume\n';
const NOW = '2020-06-01T12:00:00.000Z';
const row = (day: number, close = 11): string => `2020-01-${String(day).padStart(2, '0')},10,12,9,${close},500\n`;

describe('FileFollower', () => {
  let database: TestDatabase;
  let clock: SteppedClock;
  let folder: string;
  let path: string;
  let warnings: { msg: string; line?: number }[];
  let follower: FileFollower;

  beforeAll(async () => {
    database = await createTestDatabase({ poolSize: 6 });
  });
  beforeEach(async () => {
    await database.dataSource.query('truncate bars, followed_files');
    clock = stepClock(NOW);
    folder = mkdtempSync(join(tmpdir(), 'tidemark-follow-'));
    path = join(folder, 'bars.csv');
    warnings = [];
    follower = build();
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  afterAll(() => database.close());

  /** A follower as a process just started has it. */
  function build(): FileFollower {
    const source = { series: 'test_series', kind: 'csv', path: 'bars.csv', follow: true };
    const agents = new AgentCatalog([
      { agent: buildAgent({ source }), file: join(folder, 'test_agent.yaml'), hash: '', yaml: '' },
    ]);
    const { dataSource } = database;
    const destination = { write: (line: string): void => void warnings.push(JSON.parse(line) as { msg: string }) };
    const logger = createLogger({ logLevel: 'warn' }, { process: 'worker', destination });
    const ingest = new IngestService(dataSource, new BarRepository(dataSource), clock);
    return new FileFollower(dataSource, agents, ingest, new FollowedFileRepository(dataSource, clock), clock, logger);
  }

  const bars = () =>
    selectRows<{ day: string; close: number; known: string }>(
      database.dataSource,
      `select to_char(event_time at time zone 'utc', 'DD') as day, close,
         to_char(known_at at time zone 'utc', 'MM-DD HH24:MI') as known from bars order by event_time, known_at`,
    );
  const days = async (): Promise<string> => (await bars()).map(({ day }) => Number(day)).join(' ');

  it('takes the file as history first, and what is appended as known from then on', async () => {
    writeFileSync(path, HEADER + row(2) + row(3));
    expect(await follower.poll()).toBe(2);
    expect((await bars()).map(({ known }) => known)).toEqual(['01-03 00:00', '01-04 00:00']);
    expect(await follower.poll()).toBe(0);
    appendFileSync(path, row(6) + row(7));
    expect(await build().poll()).toBe(2);
    expect((await bars()).slice(2).map(({ known }) => known)).toEqual(['06-01 12:00', '06-01 12:00']);
    expect(warnings).toEqual([]);
  });

  it('waits for the end of a line, and for a header', async () => {
    writeFileSync(path, HEADER.slice(0, 10));
    expect(await follower.poll()).toBe(0);
    writeFileSync(path, HEADER + row(2) + row(3).slice(0, 15));
    expect(await follower.poll()).toBe(1);
    appendFileSync(path, row(3).slice(15, -1));
    expect(await follower.poll()).toBe(0);
    appendFileSync(path, '\n\n');
    expect(await follower.poll()).toBe(1);
    expect(await days()).toBe('2 3');
    expect(warnings).toEqual([]);
  });

  it('stops before a bad row, says so once, and goes on when it is mended', async () => {
    writeFileSync(path, HEADER + row(2) + '\n' + row(3).replace('500', 'n/a') + row(6));
    expect(await follower.poll()).toBe(1);
    expect(await follower.poll()).toBe(0);
    expect(warnings).toMatchObject([{ line: 4, msg: expect.stringMatching(/line 4, column volume: .*"n\/a"/) }]);
    appendFileSync(path, row(7));
    expect(await follower.poll()).toBe(0);
    expect(warnings).toHaveLength(1);
    writeFileSync(path, HEADER + row(2) + '\n' + row(3) + row(6) + row(7));
    expect(await follower.poll()).toBe(3);
    expect(await days()).toBe('2 3 6 7');
  });

  it.each([
    ['a row that is not later than those read', row(2)],
    ['a row of the future', '2020-07-01,10,12,9,11,500\n'],
    ['a row with too few cells', '2020-01-07,10,12\n'],
    ['a quote that never ends', '2020-01-07,"10,12,9,11,500\n'],
    ['a close above the high', row(7, 13)],
  ])('does not pass %s', async (_what, bad) => {
    writeFileSync(path, HEADER + row(2) + row(3));
    await follower.poll();
    appendFileSync(path, row(6) + bad + row(8));
    expect(await follower.poll()).toBe(1);
    expect(await days()).toBe('2 3 6');
    expect(warnings).toMatchObject([{ line: 5 }]);
  });

  it('reads a file again that was cut or replaced, with a warning, and keeps what it knew', async () => {
    writeFileSync(path, HEADER + row(2) + row(3) + row(6));
    await follower.poll();
    truncateSync(path, HEADER.length + row(2).length);
    expect(await follower.poll()).toBe(0);
    appendFileSync(path, row(3, 11.5) + row(8));
    expect(await follower.poll()).toBe(2);
    writeFileSync(path, HEADER + row(1) + row(2) + row(3, 11.5) + row(6) + row(8) + row(9));
    expect(await follower.poll()).toBe(2);
    expect(warnings.map(({ msg }) => msg)).toEqual(Array(2).fill(expect.stringMatching(/read again from its start/)));
    expect((await bars()).map(({ day, close }) => `${Number(day)}:${close}`).join(' ')).toBe(
      '1:11 2:11 3:11 3:11.5 6:11 8:11 9:11',
    );
  });

  it('says once that the file is missing, or lacks a column', async () => {
    await follower.poll();
    await follower.poll();
    writeFileSync(path, 'date,open\n2020-01-02,1\n');
    await follower.poll();
    await follower.poll();
    expect(warnings).toMatchObject([{ code: 'SOURCE_FILE_UNREADABLE' }, { code: 'BARS_COLUMNS_MISSING' }]);
    writeFileSync(path, HEADER + row(2));
    expect(await follower.poll()).toBe(1);
  });

  it('reads each row once when two workers follow the file', async () => {
    writeFileSync(path, HEADER + row(2) + row(3));
    const [one, two] = [build(), build()];
    const counts = await Promise.all([one.poll(), two.poll()]);
    expect(counts.sort()).toEqual([0, 2]);
    expect(await days()).toBe('2 3');
  });
});
