import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig, type AppConfig } from '@tidemark/config';
import { Metrics, silentLogger } from '@tidemark/telemetry';
import { eventually } from '@tidemark/testing';
import { PredictionLog } from './prediction-log.js';
import { recordBytes, type PredictionRecord } from './prediction-record.js';
import { buildRecord } from './testing/build-record.js';
import { FakeSink } from './testing/fake-sink.js';
import { metricValue } from './testing/metric-value.js';

const UNAVAILABLE = { code: 'PREDICTION_LOG_UNAVAILABLE', status: 503 };

describe('PredictionLog', () => {
  let sink: FakeSink;
  let metrics: Metrics;
  let log: PredictionLog;

  const logWith = (overrides: Partial<AppConfig['log']> = {}, deadlineMs = 5_000): PredictionLog => {
    const config = loadConfig({ DATABASE_URL: 'postgresql://localhost/unused' });
    const log_ = { ...config.log, ...overrides };
    const changed = { ...config, log: log_, predict: { ...config.predict, deadlineMs } };
    return new PredictionLog(sink, changed, metrics, silentLogger());
  };
  const counted = (state: string): Promise<number> =>
    metricValue(metrics, 'tidemark_prediction_log_rows_total', { state });
  const records = (count: number): PredictionRecord[] => Array.from({ length: count }, () => buildRecord());
  const storedIds = (): string[] => sink.rows.map(({ id }) => id);

  beforeEach(() => {
    sink = new FakeSink();
    metrics = new Metrics();
    log = logWith();
  });
  afterEach(async () => {
    sink.mood = 'ok';
    await log.beforeApplicationShutdown();
  });

  it('commits what many requests log at once in one group', async () => {
    const requests = Array.from({ length: 50 }, () => log.append(records(2), 'durable'));
    expect((await Promise.all(requests)).flat()).toEqual(Array.from({ length: 100 }, () => 'durable'));
    expect(sink.groups).toEqual([100]);
    expect(await counted('durable')).toBe(100);
  });

  it('parts a group at its largest size', async () => {
    log = logWith({ groupMaxRows: 30 });
    await log.append(records(100), 'durable');
    expect(sink.groups.every((size) => size <= 30)).toBe(true);
    expect(sink.rows).toHaveLength(100);
  });

  it('answers durable only after the commit, buffered at once', async () => {
    let commit = (): void => undefined;
    sink.gate = new Promise((resolve) => (commit = resolve));
    let isAnswered = false;
    const durable = log.append(records(1), 'durable').then(() => (isAnswered = true));
    expect(await log.append(records(1), 'buffered')).toEqual(['buffered']);
    await eventually(() => sink.writes === 1);
    expect([isAnswered, sink.rows.length]).toEqual([false, 0]);
    commit();
    await durable;
    expect(sink.rows).toHaveLength(2);
  });

  it('writes what came in during a slow write', async () => {
    let commit = (): void => undefined;
    sink.gate = new Promise((resolve) => (commit = resolve));
    const first = log.append(records(1), 'durable');
    await eventually(() => sink.writes === 1);
    const second = log.append(records(1), 'durable');
    await new Promise((resolve) => setTimeout(resolve, 50));
    commit();
    expect(await Promise.all([first, second])).toEqual([['durable'], ['durable']]);
    expect(await log.append(records(1), 'durable')).toEqual(['durable']);
  });

  it('refuses durable while the database is away, keeps buffered and writes them in order when it is back', async () => {
    sink.mood = 'away';
    const kept = records(5);
    expect(await log.append(kept, 'buffered')).toEqual(kept.map(() => 'buffered'));
    const refused = records(1);
    await expect(log.append(refused, 'durable')).rejects.toMatchObject(UNAVAILABLE);
    expect(log.isHealthy).toBe(false);
    expect(log.bufferedBytes).toBe(kept.reduce((sum, record) => sum + recordBytes(record), 0));
    sink.mood = 'ok';
    await eventually(() => sink.rows.length === 5);
    expect(storedIds()).toEqual(kept.map(({ id }) => id));
    expect([log.isHealthy, log.bufferedBytes]).toEqual([true, 0]);
  });

  it('bounds the buffer in bytes, then drops and counts', async () => {
    const bytes = recordBytes(buildRecord());
    log = logWith({ bufferBytes: 3 * bytes });
    sink.mood = 'away';
    expect(await log.append(records(5), 'buffered')).toEqual([
      'buffered',
      'buffered',
      'buffered',
      'dropped',
      'dropped',
    ]);
    expect(log.bufferedBytes).toBe(3 * bytes);
    expect([await counted('buffered'), await counted('dropped')]).toEqual([3, 2]);
    sink.mood = 'ok';
    await eventually(() => sink.rows.length === 3);
    expect(await log.append(records(1), 'buffered')).toEqual(['buffered']);
  });

  it('does not store a row twice when a commit succeeded without an answer', async () => {
    sink.mood = 'commits without an answer';
    await log.append(records(3), 'buffered');
    await eventually(() => !log.isHealthy);
    sink.mood = 'ok';
    expect(await log.append(records(1), 'durable')).toEqual(['durable']);
    expect([new Set(storedIds()).size, sink.rows.length, log.bufferedBytes]).toEqual([4, 4, 0]);
  });

  it('gives up only the row the database refuses, and stores its neighbours', async () => {
    const good = records(9);
    const poison = buildRecord({ key: sink.poisonKey });
    const buffered = log.append([...good.slice(0, 4), poison, ...good.slice(4, 8)], 'buffered');
    const durable = log.append([good[8]!], 'durable');
    expect(await durable).toEqual(['durable']);
    await buffered;
    expect(storedIds().sort()).toEqual(good.map(({ id }) => id).sort());
    expect([await counted('failed'), log.isHealthy, log.bufferedBytes]).toEqual([1, true, 0]);
    await expect(log.append([buildRecord({ key: sink.poisonKey })], 'durable')).rejects.toMatchObject(UNAVAILABLE);
  });

  it('comes back although requests keep coming in faster than its back-off', async () => {
    sink.mood = 'away';
    await log.append(records(1), 'buffered');
    await eventually(() => sink.writes >= 1 && !log.isHealthy);
    sink.mood = 'ok';
    const traffic = setInterval(() => void log.append(records(1), 'buffered'), 10);
    try {
      await eventually(() => log.isHealthy, { timeoutMs: 3_000 });
    } finally {
      clearInterval(traffic);
    }
  });

  it('answers a durable caller at once in an outage, however long the backlog', async () => {
    log = logWith({ groupMaxRows: 10 });
    sink.mood = 'away';
    await log.append(records(100), 'buffered');
    const began = performance.now();
    await expect(log.append(records(1), 'durable')).rejects.toMatchObject(UNAVAILABLE);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('answers a durable caller at the deadline when the database hangs, and logs nothing for him later', async () => {
    log = logWith({}, 50);
    let commit = (): void => undefined;
    sink.gate = new Promise((resolve) => (commit = resolve));
    await log.append(records(1), 'buffered');
    await eventually(() => sink.writes === 1);
    const late = records(2);
    await expect(log.append(late, 'durable')).rejects.toMatchObject(UNAVAILABLE);
    expect(log.bufferedBytes).toBe(recordBytes(buildRecord()));
    commit();
    await eventually(() => log.bufferedBytes === 0);
    expect(sink.rows).toHaveLength(1);
  });

  it('drains on shutdown, also a write that is under way', async () => {
    let commit = (): void => undefined;
    sink.gate = new Promise((resolve) => (commit = resolve));
    await log.append(records(2), 'buffered');
    await eventually(() => sink.writes === 1);
    await log.append(records(3), 'buffered');
    const closed = log.beforeApplicationShutdown();
    commit();
    await closed;
    expect(sink.rows).toHaveLength(5);
    expect(await log.append(records(1), 'buffered')).toEqual(['dropped']);
    await expect(log.append(records(1), 'durable')).rejects.toMatchObject(UNAVAILABLE);
  });

  it('waits for an outage to end on shutdown', async () => {
    sink.mood = 'away';
    await log.append(records(2), 'buffered');
    const closed = log.beforeApplicationShutdown();
    sink.mood = 'ok';
    await closed;
    expect(sink.rows).toHaveLength(2);
  });

  it('ends within its time when the database never answers, and counts what is lost', async () => {
    sink.mood = 'away';
    await log.append(records(4), 'buffered');
    await log.beforeApplicationShutdown();
    expect(await counted('dropped')).toBe(4);
  });
});
