import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '@tidemark/config';
import { closeDataSource, openDataSource, selectRows } from '@tidemark/database';
import { Metrics, silentLogger } from '@tidemark/telemetry';
import {
  createTestDatabase,
  databaseProxy,
  eventually,
  type DatabaseProxy,
  type TestDatabase,
} from '@tidemark/testing';
import type { DataSource } from 'typeorm';
import { PredictionLog } from './prediction-log.js';
import { PostgresPredictionSink } from './prediction-writer.js';
import { PredictionRepository } from './prediction.repository.js';
import { buildRecord } from './testing/build-record.js';
import { metricValue } from './testing/metric-value.js';

const SPECIAL = Float64Array.of(Number.NaN, -0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, Number.NEGATIVE_INFINITY);

describe('prediction log on Postgres', () => {
  let database: TestDatabase;
  let proxy: DatabaseProxy;
  let dataSource: DataSource;
  let metrics: Metrics;
  let log: PredictionLog;

  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await databaseProxy(database.url);
    dataSource = await openDataSource(proxy.url, { poolSize: 3 });
  });
  beforeEach(async () => {
    await proxy.restore();
    await database.dataSource.query('truncate predictions');
    metrics = new Metrics();
    const config = loadConfig({ DATABASE_URL: database.url });
    log = new PredictionLog(new PostgresPredictionSink(dataSource), config, metrics, silentLogger());
  });
  afterEach(() => log.beforeApplicationShutdown());
  afterAll(async () => {
    await closeDataSource(dataSource);
    await proxy.close();
    await database.close();
  });

  const count = async (): Promise<number> =>
    (await selectRows(database.dataSource, 'select id from predictions')).length;

  it('stores every field, numbers bit for bit', async () => {
    const record = buildRecord({ inputs: SPECIAL, outputs: Float64Array.of(0.1 + 0.2), key: 'a\tb\\N {"x"}, ü' });
    await log.append([record, buildRecord({ inputs: undefined, asOf: undefined })], 'durable');
    const [row] = await selectRows<{ inputs: number[]; outputs: number[] }>(
      database.dataSource,
      'select inputs, outputs from predictions where id = $1',
      [record.id],
    );
    expect(row?.inputs.map(String)).toEqual([...SPECIAL].map(String));
    expect(Object.is(row?.inputs[1], -0)).toBe(true);
    const stored = await new PredictionRepository(database.dataSource).get(record.id);
    expect(stored).toMatchObject({
      at: '2020-03-02T10:00:00.123Z',
      asOf: '2020-03-01T00:00:00.000Z',
      key: record.key,
      outputs: { probability: 0.1 + 0.2 },
      inputsSha256: Buffer.from(record.inputsSha256).toString('hex'),
      latencyUs: 12.5,
    });
  });

  it('gives up a row Postgres cannot store, and only that row', async () => {
    const rows = Array.from({ length: 20 }, (_, index) => buildRecord({ key: index === 7 ? 'nul\0byte' : undefined }));
    await log.append(rows, 'buffered');
    expect(await log.append([buildRecord()], 'durable')).toEqual(['durable']);
    expect(await count()).toBe(20);
    expect(await metricValue(metrics, 'tidemark_prediction_log_rows_total', { state: 'failed' })).toBe(1);
  });

  it('goes through a cut connection: durable refused, buffered written once it is back', async () => {
    await log.append([buildRecord()], 'durable');
    proxy.cut();
    const kept = Array.from({ length: 10 }, () => buildRecord());
    expect(await log.append(kept, 'buffered')).toEqual(kept.map(() => 'buffered'));
    await expect(log.append([buildRecord()], 'durable')).rejects.toMatchObject({ code: 'PREDICTION_LOG_UNAVAILABLE' });
    await proxy.restore();
    await eventually(async () => (await count()) === 11);
    // The rows are there a moment before the log hears of it.
    await eventually(() => log.isHealthy);
  });

  it('does not duplicate what was stored although the answer was lost', async () => {
    const records = [buildRecord(), buildRecord()];
    await new PostgresPredictionSink(database.dataSource).write(records);
    await log.append([...records, buildRecord()], 'buffered');
    await eventually(async () => (await count()) === 3 && log.bufferedBytes === 0);
  });

  it('writes what waits before it stops', async () => {
    await log.append([buildRecord(), buildRecord()], 'buffered');
    await log.beforeApplicationShutdown();
    expect(await count()).toBe(2);
  });
});
