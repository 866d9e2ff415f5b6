import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execute } from '@tidemark/database';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { TimelineHistoryRepository } from './timeline-history.repository.js';

const AGENT = 'watched';

describe('what monitors left on a timeline', () => {
  let database: TestDatabase;
  let history: TimelineHistoryRepository;

  beforeAll(async () => {
    database = await createTestDatabase();
    history = new TimelineHistoryRepository(database.dataSource);
    await execute(database.dataSource, `insert into timelines (id, created_at) values ('other', now())`);
  });
  afterAll(() => database.close());

  const day = (number: number): Date => new Date(Date.UTC(2005, 0, number));

  async function monitor(name: string, subject: string, speaksFrom: string | null): Promise<void> {
    await execute(
      database.dataSource,
      `insert into monitor_state (timeline_id, agent, monitor, subject, phase, streak, speaks_from)
       values ('main', $1, $2, $3, 'ok', 0, $4)`,
      [AGENT, name, subject, speaksFrom],
    );
  }

  it('says from which bar each monitor could speak, over its subjects', async () => {
    await monitor('features', 'ret_1', '2005-01-03T00:00:00Z');
    await monitor('features', 'ret_5', '2005-02-01T00:00:00Z');
    await monitor('loss', 'model', '2004-04-01T00:00:00Z');
    await monitor('predictions', 'probability', '2006-01-02T00:00:00Z');
    await monitor('predictions', 'late', null);
    await monitor('volume', 'model', null);
    expect(await history.speaking(AGENT)).toEqual([
      {
        ...{ monitor: 'features', subjects: 2, silent: 0 },
        ...{ from: '2005-01-03T00:00:00.000Z', allFrom: '2005-02-01T00:00:00.000Z' },
      },
      {
        ...{ monitor: 'loss', subjects: 1, silent: 0 },
        ...{ from: '2004-04-01T00:00:00.000Z', allFrom: '2004-04-01T00:00:00.000Z' },
      },
      { monitor: 'predictions', subjects: 2, silent: 1, from: '2006-01-02T00:00:00.000Z' },
      { monitor: 'volume', subjects: 1, silent: 1 },
    ]);
    expect(await history.speaking(AGENT, 'other')).toEqual([]);
  });

  it('reads drift as multiples of its limit, where there was one', async () => {
    const metric = (asOf: Date, value: number | null, limit: number | null, status: string): Promise<number> =>
      execute(
        database.dataSource,
        `insert into drift_metrics (timeline_id, agent, monitor, subject, as_of, statistic, value, limit_value, status, pairs,
           window_bars, reference_bars) values ('main', $1, 'features', 'ret_1', $2, 'ks', $3, $4, $5, 20, 63, 250)`,
        [AGENT, asOf, value, limit, status],
      );
    await metric(day(3), 0.1, 0.2, 'ok');
    await metric(day(4), 0.3, 0.2, 'warning');
    await metric(day(5), 0.3, null, 'insufficient');
    await metric(day(6), null, 0.2, 'degenerate');
    expect((await history.drift(AGENT)).map(({ ratio }) => Number(ratio.toFixed(6)))).toEqual([0.5, 1.5]);
    expect(await history.drift(AGENT, 'other')).toEqual([]);
  });

  it('tells every alarm of a timeline, oldest first', async () => {
    const alert = (timeline: string, subject: string, opened: Date, resolved: Date | null): Promise<number> =>
      execute(
        database.dataSource,
        `insert into alerts (id, timeline_id, agent, kind, severity, monitor, subject, state, message, opened_as_of, opened_at,
           resolved_as_of) values (gen_random_uuid(), $1, $2, 'PERFORMANCE', 'high', 'loss', $3, $4, 'higher', $5, $5, $6)`,
        [timeline, AGENT, subject, resolved === null ? 'firing' : 'resolved', opened, resolved],
      );
    await alert('main', 'standing', day(7), null);
    await alert('main', 'qlike', day(3), day(4));
    await alert('main', 'log_loss', day(3), day(5));
    await alert('other', 'elsewhere', day(2), null);
    const loss = { kind: 'PERFORMANCE', severity: 'high', monitor: 'loss', message: 'higher' };
    expect(await history.alarms(AGENT)).toEqual([
      { ...loss, subject: 'log_loss', openedAsOf: day(3), resolvedAsOf: day(5) },
      { ...loss, subject: 'qlike', openedAsOf: day(3), resolvedAsOf: day(4) },
      { ...loss, subject: 'standing', openedAsOf: day(7) },
    ]);
    expect(await history.alarms(AGENT, 'other')).toMatchObject([{ subject: 'elsewhere' }]);
    expect(await history.alarms('unwatched')).toEqual([]);
  });
});
