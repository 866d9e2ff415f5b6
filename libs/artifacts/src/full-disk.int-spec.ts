import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, describe } from '@jest/globals';
import { hasSmallDisk, smallDisk, type SmallDisk } from '@tidemark/testing';
import { LocalArtifactStore } from './local-artifact-store.js';

// skipped: neither this account nor a namespace of its own may mount a small file system
(hasSmallDisk() ? describe : describe.skip)('LocalArtifactStore on a full disk', () => {
  const kept = randomBytes(100_000);
  const bytes = randomBytes(300_000);
  let disk: SmallDisk;
  let store: LocalArtifactStore;

  beforeAll(async () => {
    disk = await smallDisk(2);
    store = new LocalArtifactStore(join(disk.folder, 'artifacts'));
  });
  afterAll(() => disk.close());

  const names = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const name of store.list()) found.push(name);
    return found;
  };

  it('says so, leaves no part of a file, keeps what it has, and takes the file once there is room', async () => {
    const before = await store.put(kept);
    disk.fill();
    await expect(store.put(bytes)).rejects.toMatchObject({
      code: 'ARTIFACT_STORE_UNAVAILABLE',
      status: 503,
      retryable: true,
      details: { code: 'ENOSPC' },
      message: expect.stringContaining('the disk is full: free space') as unknown,
    });
    expect(readdirSync(join(disk.folder, 'artifacts', 'incoming'))).toEqual([]);
    expect(await names()).toEqual([before]);
    await store.pathOf(before);
    disk.free();
    const after = await store.put(bytes);
    await store.pathOf(after);
    expect((await names()).sort()).toEqual([before, after].sort());
  });
});
