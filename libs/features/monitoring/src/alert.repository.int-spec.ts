import { NotificationOutbox } from '@tidemark/notifications';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execute } from '@tidemark/database';
import { SystemClock, uuidV7 } from '@tidemark/kernel';
import { createTestDatabase, stepClock, type TestDatabase } from '@tidemark/testing';
import { AlertRepository } from './alert.repository.js';
import type { AlertChanges, AlertOpening } from './alert-desk.js';
import { MetricRepository } from './metric.repository.js';
import { MonitorRepository } from './monitor.repository.js';

const key = { timeline: 'main', agent: 'test_agent' };
const opening: AlertOpening = {
  monitor: 'loss',
  subject: 'log_loss',
  kind: 'PERFORMANCE',
  severity: 'high',
  message: 'Loss above that of the baseline: 0.02 against 0.01.',
  value: 0.02,
  limit: 0.01,
};
const none: AlertChanges = { states: [], opened: [], resolved: [], escalated: [] };

const UUID = '00000000-0000-0000-0000-00000000000';

describe('alerts in the database', () => {
  let database: TestDatabase;
  let alerts: AlertRepository;
  let monitors: MonitorRepository;
  const clock = stepClock('2020-03-02T00:00:00Z');

  beforeAll(async () => {
    database = await createTestDatabase();
    alerts = new AlertRepository(database.dataSource, clock);
    monitors = new MonitorRepository(database.dataSource, clock, new NotificationOutbox(database.dataSource, clock));
  });
  afterAll(() => database.close());

  const store = (day: number, changes: Partial<AlertChanges>): Promise<void> => {
    const asOf = new Date(Date.UTC(2020, 1, day));
    return monitors.store(key, {
      asOf,
      version: '1.0.0',
      drift: [],
      performance: [],
      importance: [],
      changes: { ...none, ...changes },
    });
  };

  it('stand once, are acknowledged, become more severe and end', async () => {
    await store(1, { opened: [opening] });
    await store(2, { opened: [opening] });
    const page = { ...key, limit: 10 };
    const [alert, ...others] = await alerts.page(page);
    expect(others).toEqual([]);
    expect(await alerts.acknowledge(alert!.id, 'me', 'seen')).toMatchObject({
      acknowledgedBy: 'me',
      note: 'seen',
      state: 'firing',
    });
    await store(3, { escalated: [{ monitor: 'loss', subject: 'log_loss', severity: 'critical' }] });
    await store(4, { resolved: [{ monitor: 'loss', subject: 'log_loss', by: 'monitor' }] });
    expect(await alerts.page({ ...page, state: 'resolved', severity: 'critical' })).toMatchObject([
      { id: alert!.id, resolvedBy: 'monitor', resolvedAsOf: '2020-02-04T00:00:00.000Z', note: 'seen' },
    ]);
    await expect(alerts.resolve(alert!.id, 'me')).rejects.toMatchObject({ code: 'ALERT_RESOLVED' });
  });

  it('are resolved by hand, page by page', async () => {
    await store(5, { opened: [opening, { ...opening, subject: 'qlike' }] });
    const [first] = await alerts.page({ ...key, limit: 1, state: 'firing' });
    const rest = await alerts.page({
      ...key,
      limit: 10,
      state: 'firing',
      before: [new Date(first!.openedAt), first!.id],
    });
    expect(rest).toHaveLength(1);
    expect(await alerts.resolve(rest[0]!.id, 'me', 'known')).toMatchObject({
      state: 'resolved',
      resolvedBy: 'me',
      note: 'known',
    });
    expect(rest[0]!.resolvedAsOf).toBeUndefined();
  });

  it('that do not exist are told so', async () => {
    const id = uuidV7(new SystemClock());
    await expect(alerts.acknowledge(id, 'me')).rejects.toMatchObject({ code: 'ALERT_UNKNOWN' });
    await expect(alerts.resolve(id, 'me')).rejects.toMatchObject({ code: 'ALERT_UNKNOWN' });
  });

  it('come with the figures in the summary and the pages', async () => {
    const figures = { status: 'warning', value: 0.5, limit: 0.25, ratio: 2, details: { statistics: {} } } as const;
    const windows = { statistic: 'psi/quantile-ref', pairs: 20, windowBars: 63, referenceBars: 250 } as const;
    const asOf = new Date('2020-02-10T00:00:00Z');
    await monitors.store(key, {
      asOf,
      version: '1.0.0',
      drift: ['ret_1', 'ret_5'].map((subject) => ({ monitor: 'features', subject, ...figures, ...windows })),
      performance: [{ monitor: 'loss', subject: 'log_loss', bars: 70, ...figures }],
      importance: [{ version: '1.0.0', feature: 'ret_1', importance: 0.1, bars: 250, repeats: 5, seed: 1 }],
      changes: {
        ...none,
        states: [
          { monitor: 'features', subject: 'ret_1', phase: 'firing', streak: 0, speaksFrom: asOf, status: 'warning' },
          { monitor: 'loss', subject: 'log_loss', phase: 'pending', streak: 2, status: 'warning' },
        ],
      },
    });
    const metrics = new MetricRepository(database.dataSource);
    expect(await metrics.summary(key)).toMatchObject([
      {
        monitor: 'features',
        subject: 'ret_1',
        phase: 'firing',
        statistic: 'psi/quantile-ref',
        value: 0.5,
        limit: 0.25,
      },
      { monitor: 'loss', subject: 'log_loss', phase: 'pending', value: 0.5, status: 'warning' },
    ]);
    const [newest, older] = await metrics.drift({ ...key, limit: 10, monitor: 'features', status: 'warning' });
    expect([newest!.subject, older!.subject]).toEqual(['ret_5', 'ret_1']);
    const before = [asOf, 'test_agent', 'features', 'ret_5'];
    expect(await metrics.drift({ ...key, limit: 10, before })).toEqual([older]);
    expect(await metrics.performance({ ...key, limit: 1 })).toMatchObject([{ version: '1.0.0', bars: 70, value: 0.5 }]);
    expect(await metrics.importance({ ...key, limit: 1 })).toMatchObject([{ feature: 'ret_1', seed: 1 }]);
  });

  it('count predictions of callers by session', async () => {
    const days = [1, 2, 3, 4].map((day) => new Date(Date.UTC(2020, 4, day)));
    expect(await monitors.volumes(key, days)).toBeUndefined();
    await execute(
      database.dataSource,
      `insert into predictions (id, at, timeline_id, agent, version_id, version, sequence, generation, mode, inputs_sha256,
         output_names, outputs, latency_us)
       select gen_random_uuid(), t.at, 'main', 'test_agent', gen_random_uuid(), '0.1.0', 1, 1, t.mode, '', '{}', '{}', 1
       from (values ('2020-05-01T00:00Z'::timestamptz, 'live'), ('2020-05-01T23:59Z', 'live'), ('2020-05-02T12:00Z', 'loop'),
         ('2020-05-03T12:00Z', 'live'), ('2020-05-04T00:00Z', 'live')) as t (at, mode)`,
    );
    expect(await monitors.volumes(key, days)).toEqual([2, 0, 1]);
  });

  it('hold answers to callers against the loop’s own: same bar, same version, made from bars', async () => {
    const asOf = new Date('2020-06-01T00:00Z');
    expect(await monitors.callerAnswers(key, asOf)).toBeUndefined();
    await execute(
      database.dataSource,
      `insert into predictions (id, at, timeline_id, agent, version_id, version, sequence, generation, mode, as_of,
         inputs_sha256, output_names, outputs, latency_us)
       select gen_random_uuid(), '2020-06-02', 'main', 'test_agent', t.version::uuid, '0.1.0', 1, 1, t.mode, t.as_of, t.inputs::bytea,
         '{probability}', array[t.output], 1
       from (values ('${UUID}1', 'loop', $1::timestamptz, 'a', 0.5::float8), ('${UUID}1', 'live', $1, 'a', 0.5),
         ('${UUID}1', 'live', $1, 'b', 0.5), ('${UUID}1', 'live', $1, 'a', 0.6), ('${UUID}2', 'live', $1, 'b', 0.5),
         ('${UUID}1', 'live', null, 'b', 0.5), ('${UUID}1', 'live', $1 - interval '1 day', 'b', 0.5))
         as t (version, mode, as_of, inputs, output)`,
      [asOf],
    );
    const loopAt = new Date('2020-06-02');
    expect(await monitors.callerAnswers(key, asOf)).toEqual({ compared: 3, differing: 2, loopAt });
  });
});
