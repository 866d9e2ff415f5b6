import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalArtifactStore } from '@tidemark/artifacts';
import { stepClock } from '@tidemark/testing';
import { FitCache, cacheKey, type CachedWork } from './fit-cache.js';
import type { CachedFiles, FitCacheRepository } from './fit-cache.repository.js';

class RowsInMemory implements Pick<FitCacheRepository, 'use' | 'save'> {
  readonly rows = new Map<string, CachedFiles>();

  use(key: string): Promise<CachedFiles | undefined> {
    return Promise.resolve(this.rows.get(key));
  }

  save(key: string, files: CachedFiles): Promise<void> {
    this.rows.set(key, files);
    return Promise.resolve();
  }
}

describe('FitCache', () => {
  let root: string;
  let rows: RowsInMemory;
  let cache: FitCache;
  let runs: number;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tidemark-fit-cache-'));
    rows = new RowsInMemory();
    runs = 0;
    cache = new FitCache(
      rows as unknown as FitCacheRepository,
      new LocalArtifactStore(join(root, 'store')),
      stepClock(),
    );
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const work = (name: string, overrides: Partial<CachedWork> = {}): CachedWork => {
    const outputDir = join(root, name);
    mkdirSync(outputDir);
    const produce = async (): Promise<void> => {
      await new Promise(setImmediate);
      runs += 1;
      writeFileSync(join(outputDir, 'model.onnx'), 'model');
      writeFileSync(join(outputDir, 'fit.job.json'), name);
    };
    const isOutput = (file: string): boolean => file !== 'fit.job.json';
    return { key: 'a', outputDir, isOutput, signal: new AbortController().signal, produce, ...overrides };
  };

  it('runs once, then copies the outputs and nothing else', async () => {
    expect(await cache.fill(work('one'))).toMatchObject({ isFromCache: false });
    expect(await cache.fill(work('two'))).toMatchObject({ isFromCache: true });
    expect(readdirSync(join(root, 'two'))).toEqual(['model.onnx']);
    expect(readFileSync(join(root, 'two', 'model.onnx'), 'utf8')).toBe('model');
    await cache.fill(work('three', { key: 'b' }));
    expect(runs).toBe(2);
  });

  it('is one run for two who want the same at once', async () => {
    const filled = await Promise.all([cache.fill(work('one')), cache.fill(work('two')), cache.fill(work('three'))]);
    expect(filled.map(({ isFromCache }) => isFromCache)).toEqual([false, true, true]);
    expect(runs).toBe(1);
  });

  it('remembers nothing of a run that failed, and lets those who waited try themselves', async () => {
    const produce = (): Promise<void> => Promise.reject(new Error('TRAINING_TIME_LIMIT'));
    const [first, second] = await Promise.allSettled([cache.fill(work('one', { produce })), cache.fill(work('two'))]);
    expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
    expect(runs).toBe(1);
  });

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController();
    const other = cache.fill(work('one', { produce: () => new Promise((resolve) => setTimeout(resolve, 50)) }));
    const waiting = cache.fill(work('two', { signal: stop.signal }));
    stop.abort(new Error('JOB_CANCELLED'));
    await expect(waiting).rejects.toThrow('JOB_CANCELLED');
    await other;
    expect(runs).toBe(0);
  });

  it('makes again what the store does not have any more', async () => {
    await cache.fill(work('one'));
    rmSync(join(root, 'store'), { recursive: true });
    expect(await cache.fill(work('two'))).toMatchObject({ isFromCache: false });
    expect(runs).toBe(2);
  });
});

describe('cacheKey', () => {
  it('is the same for the same parts in another order, and another for other parts', () => {
    const key = cacheKey({ a: 1, b: { c: [1, 2], d: new Date(0).toISOString() } });
    expect(cacheKey({ b: { d: new Date(0).toISOString(), c: [1, 2] }, a: 1, e: undefined })).toBe(key);
    expect(cacheKey({ a: 1, b: { c: [2, 1], d: new Date(0).toISOString() } })).not.toBe(key);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
  });
});
