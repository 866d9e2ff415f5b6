import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BarView, IngestReport, Prediction, PredictionReply } from '@tidemark/contracts';
import { closeDataSource, openDataSource, selectRows } from '@tidemark/database';
import { eventually, hasSmallDisk, smallDisk, type SmallDisk } from '@tidemark/testing';
import type { ApiReply } from './testing/api-client.js';
import { Installation, type RunningApi } from './testing/installation.js';
import { ingest, train } from './testing/jobs.js';
import { PostgresOnDisk } from './testing/postgres-on-disk.js';

const AGENT = 'market_insight';
const DISK_MB = 224;
/** Bars of one request: more than fit into the pages that the table has. */
const BARS = 500;
const DAY_MS = 86_400_000;
const PATIENCE = { timeoutMs: 30_000, intervalMs: 100 };
const FULL = {
  code: 'DATABASE_DISK_FULL',
  message: expect.stringContaining('free space') as unknown,
};

interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** A server of its own on a disk of its own, which this suite fills. */
// skipped: neither this account nor a namespace of its own may mount a small file system
(hasSmallDisk() ? describe : describe.skip)("PostgreSQL's disk is full", () => {
  let disk: SmallDisk;
  let postgres: PostgresOnDisk;
  let installation: Installation;
  let api: RunningApi;
  /** What was acknowledged, by the answers. */
  const acknowledged = { predictions: 0, buffered: 0, bars: 0 };

  beforeAll(async () => {
    disk = await smallDisk(DISK_MB);
    postgres = new PostgresOnDisk(disk);
    installation = await Installation.on(await postgres.start(), {});
    api = await installation.startApi();
    const worker = await installation.startWorker();
    await ingest(api.client, AGENT);
    await train(api.client, { agent: AGENT, asOf: '2017-01-01', families: ['logistic'] });
    await worker.stop();
    await freshLog();
    for (let number = 0; number < 5; number += 1) expect((await predict('durable')).status).toBe(200);
    expect((await sendBars()).status).toBe(200);
  }, 180_000);
  afterAll(async () => {
    await installation.close();
    await postgres.close();
    await disk.close();
  }, 60_000);

  const sql = async (statement: string): Promise<unknown> => {
    const dataSource = await openDataSource(installation.databaseUrl, { poolSize: 1 });
    try {
      return await selectRows(dataSource, statement);
    } finally {
      await closeDataSource(dataSource);
    }
  };

  /** A new segment of the server's log, with room for what the tests write: tables meet the full disk before it does. */
  const freshLog = (): Promise<unknown> => sql('select pg_switch_wal()');

  /** One prediction, counted when it was acknowledged. */
  async function predict(durability: 'durable' | 'buffered'): Promise<ApiReply<PredictionReply & Refusal>> {
    const request = { agent: AGENT, asOf: '2019-02-01', key: 'disk', durability };
    const reply = await api.client.send<PredictionReply & Refusal>('POST', '/api/v1/predict', request);
    if (reply.status === 200 && reply.body.logged === 'durable') acknowledged.predictions += 1;
    if (reply.status === 200 && reply.body.logged === 'buffered') acknowledged.buffered += 1;
    return reply;
  }

  /** The next {@link BARS} days of a series, counted when they were taken. */
  async function sendBars(): Promise<ApiReply<IngestReport & Refusal>> {
    const first = Date.parse('2000-01-01T00:00:00Z') + acknowledged.bars * DAY_MS;
    const bars = Array.from({ length: BARS }, (_, day) => {
      const time = new Date(first + day * DAY_MS).toISOString();
      return { time, open: 1, high: 2, low: 1, close: 2, volume: 100 };
    });
    const reply = await api.client.send<IngestReport & Refusal>('POST', '/api/v1/bars', { series: 'disk', bars });
    if (reply.status === 200) acknowledged.bars += reply.body.inserted;
    return reply;
  }

  /** Asks until it is refused: pages that the tables have may take some rows more. */
  async function refusal<T>(ask: () => Promise<ApiReply<T>>): Promise<ApiReply<T>> {
    return eventually(async () => {
      const reply = await ask();
      return reply.status === 200 ? undefined : reply;
    }, PATIENCE);
  }

  const health = async (): Promise<string | undefined> => {
    const { parts } = await api.client.get<{ parts: Record<string, { status: string }> }>('/health');
    return parts['predictionLog']?.status;
  };

  /** Everything acknowledged is there, buffered predictions once each, and nothing that was refused. */
  async function expectAllThere(): Promise<void> {
    const wanted = acknowledged.predictions + acknowledged.buffered;
    const logged = await eventually(async () => {
      const all = await api.client.all<Prediction>(`/api/v1/predictions?agent=${AGENT}&mode=live`);
      return all.length >= wanted ? all : undefined;
    }, PATIENCE);
    expect(logged.length).toBe(wanted);
    expect(new Set(logged.map(({ id }) => id)).size).toBe(wanted);
    const bars = await api.client.all<BarView>('/api/v1/bars?series=disk');
    expect(bars.length).toBe(acknowledged.bars);
  }

  const isTaken = async (): Promise<boolean> => (await predict('durable')).status === 200;

  it('refuses durable predictions and bars, says what to do, and lets buffered predictions wait', async () => {
    disk.fill();
    expect(await refusal(() => predict('durable'))).toMatchObject({ status: 503, body: FULL });
    expect(await refusal(sendBars)).toMatchObject({ status: 503, body: FULL });
    for (let number = 0; number < 10; number += 1) {
      expect((await predict('buffered')).body).toMatchObject({ logged: 'buffered', version: expect.any(String) });
    }
    expect(await refusal(() => predict('durable'))).toMatchObject({ status: 503, body: FULL });
    expect(await health()).toBe('degraded');
    const metrics = (await api.client.send<string>('GET', '/metrics')).body;
    expect(metrics).toContain('tidemark_prediction_log_rows_total{state="buffered"} 10');
    expect(metrics).not.toMatch(/tidemark_prediction_log_rows_total\{state="dropped"\} [1-9]/);
  }, 90_000);

  it('takes them again once there is room, and has everything it acknowledged', async () => {
    disk.free();
    await eventually(isTaken, PATIENCE);
    expect((await sendBars()).status).toBe(200);
    await expectAllThere();
    await eventually(async () => (await health()) === 'ok', PATIENCE);
  }, 90_000);

  it('goes down when its own log finds no room, and comes back with everything when there is some', async () => {
    await freshLog();
    expect(await isTaken()).toBe(true);
    disk.fill();
    expect(await refusal(sendBars)).toMatchObject({ status: 503, body: FULL });
    // More of the log than its segment holds.
    await expect(sql(`select pg_logical_emit_message(false, '', repeat('x', 40000000))`)).rejects.toThrow();
    await expect(eventually(() => sql('select 1'), { timeoutMs: 3_000, intervalMs: 100 })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    expect(await predict('durable')).toMatchObject({ status: 503, body: { code: 'PREDICTION_LOG_UNAVAILABLE' } });
    expect(await sendBars()).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE' } });
    expect((await predict('buffered')).body.logged).toBe('buffered');
    disk.free();
    expect(await postgres.start()).toBe(installation.databaseUrl);
    await eventually(isTaken, PATIENCE);
    expect((await sendBars()).status).toBe(200);
    await expectAllThere();
  }, 120_000);
});
