import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ArtifactStore } from '../artifact-store.js';

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What every {@link ArtifactStore} promises. `current` gives the empty store of the running test. */
export function describeArtifactStore(name: string, current: () => ArtifactStore): void {
  describe(`${name} as an ArtifactStore`, () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'tidemark-artifact-source-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it.each([0, 1, 65_536, 200_001])('gives back %d bytes under their SHA-256', async (size) => {
      const bytes = randomBytes(size);
      const sha256 = await current().put(bytes);
      expect(sha256).toBe(sha256Of(bytes));
      expect(readFileSync(await current().pathOf(sha256)).equals(bytes)).toBe(true);
    });

    it('stores a file as it stores its bytes', async () => {
      const file = join(folder, 'model.onnx');
      writeFileSync(file, 'weights');
      expect(await current().put(file)).toBe(sha256Of(Buffer.from('weights')));
      writeFileSync(file, 'other weights');
      expect(await text(await current().open(sha256Of(Buffer.from('weights'))))).toBe('weights');
    });

    it('stores the same content once', async () => {
      const first = await current().put(Buffer.from('twice'));
      expect(await current().put(Buffer.from('twice'))).toBe(first);
      expect(await current().has(first)).toBe(true);
    });

    it('says what it does not have', async () => {
      const absent = '0'.repeat(64);
      expect(await current().has(absent)).toBe(false);
      await expect(current().pathOf(absent)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND', status: 404 });
      await expect(current().open(absent)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    });

    it.each(['../../etc/passwd', '..%2f', '', 'ABCDEF', `${'a'.repeat(63)}/`, `${'a'.repeat(64)}\n`, 'A'.repeat(64)])(
      'refuses the name %p',
      async (wrong) => {
        for (const call of [current().has(wrong), current().pathOf(wrong), current().open(wrong)]) {
          await expect(call).rejects.toMatchObject({ code: 'ARTIFACT_HASH_INVALID' });
        }
      },
    );
  });
}
