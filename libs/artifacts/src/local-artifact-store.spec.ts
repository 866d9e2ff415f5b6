import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeArtifactStore } from './testing/artifact-store.contract.js';
import { LocalArtifactStore } from './local-artifact-store.js';

let root: string;
let store: LocalArtifactStore;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tidemark-artifacts-'));
  store = new LocalArtifactStore(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describeArtifactStore('LocalArtifactStore', () => store);

describe('LocalArtifactStore', () => {
  const bytes = Buffer.from('a model');
  const sha256 = createHash('sha256').update(bytes).digest('hex');

  it('lays artifacts out by hash, read-only, and leaves no temporary file', async () => {
    expect(await store.put(bytes)).toBe(sha256);
    const path = join(root, 'sha256', sha256.slice(0, 2), sha256.slice(2));
    expect(await store.pathOf(sha256)).toBe(path);
    expect(statSync(path).mode & 0o222).toBe(0);
    expect(readdirSync(join(root, 'incoming'))).toEqual([]);
  });

  it('notices content that was changed behind its back', async () => {
    await store.put(bytes);
    const path = join(root, 'sha256', sha256.slice(0, 2), sha256.slice(2));
    chmodSync(path, 0o644);
    writeFileSync(path, 'a modeL');
    await expect(store.pathOf(sha256)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT', family: 'defect' });
  });

  it('leaves nothing behind when the source cannot be read', async () => {
    await expect(store.put(join(root, 'missing.onnx'))).rejects.toMatchObject({ code: 'ARTIFACT_STORE_UNAVAILABLE' });
    expect(readdirSync(join(root, 'incoming'))).toEqual([]);
  });

  it('says when its folder cannot be used', async () => {
    writeFileSync(join(root, 'file'), '');
    await expect(new LocalArtifactStore(join(root, 'file')).put(bytes)).rejects.toMatchObject({
      code: 'ARTIFACT_STORE_UNAVAILABLE',
      retryable: true,
    });
  });

  it('stores one artifact when many write the same content at once', async () => {
    const big = randomBytes(300_000);
    const names = await Promise.all(Array.from({ length: 12 }, () => new LocalArtifactStore(root).put(big)));
    expect(new Set(names).size).toBe(1);
    expect(await store.has(names[0]!)).toBe(true);
  });

  it('tells and removes what is old; what is put again is young again', async () => {
    const names = async (files: AsyncIterable<{ name: string }>): Promise<string[]> => {
      const found: string[] = [];
      for await (const { name } of files) found.push(name);
      return found;
    };
    const other = await store.put(Buffer.from('another'));
    await store.put(bytes);
    const path = (name: string): string => join(root, 'sha256', name.slice(0, 2), name.slice(2));
    for (const name of [sha256, other]) utimesSync(path(name), 0, 0);
    writeFileSync(join(root, 'incoming', 'cut-short'), 'a mod');
    utimesSync(join(root, 'incoming', 'cut-short'), 0, 0);
    const before = new Date('2000-01-01T00:00:00Z');
    expect(await names(store.putBefore(before))).toEqual([sha256, other].sort());
    await store.put(bytes);
    expect(await names(store.putBefore(before))).toEqual([other]);
    await store.remove(sha256, before);
    await store.remove(other, before);
    await store.remove(other, before);
    expect([await store.has(other), await store.has(sha256)]).toEqual([false, true]);
    expect(await names(store.leftovers(before))).toEqual(['cut-short']);
    await store.removeLeftover('cut-short');
    expect(readdirSync(join(root, 'incoming'))).toEqual([]);
  });
});
