import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { access, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { callerError, defect, isTidemarkError, notFound, operationalError } from '@tidemark/kernel';
import type { ArtifactStore } from './artifact-store.js';

/** A file of the store, and its size. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
}

const SHA256 = /^[0-9a-f]{64}$/;

/** Artifacts in a folder: `sha256/ab/cdef…`, each written to a temporary file, synced, then linked to its name. */
export class LocalArtifactStore implements ArtifactStore {
  constructor(private readonly root: string) {}

  async put(content: string | Uint8Array): Promise<string> {
    return this.guarded(async () => {
      const folder = join(this.root, 'incoming');
      await mkdir(folder, { recursive: true });
      const temporary = join(folder, randomBytes(12).toString('hex'));
      try {
        const sha256 = await writeDurably(content, temporary);
        await this.publish(temporary, sha256);
        return sha256;
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  async has(sha256: string): Promise<boolean> {
    const path = this.locate(sha256);
    try {
      await access(path);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw unavailable(error);
    }
  }

  async pathOf(sha256: string): Promise<string> {
    const path = this.locate(sha256);
    const stream = await this.openChecked(sha256);
    await finished(stream.resume());
    return path;
  }

  async open(sha256: string): Promise<Readable> {
    return this.openChecked(sha256);
  }

  async *list(): AsyncGenerator<string> {
    for (const prefix of await this.namesIn(join(this.root, 'sha256'))) {
      for (const rest of await this.namesIn(join(this.root, 'sha256', prefix))) {
        if (SHA256.test(prefix + rest)) yield prefix + rest;
      }
    }
  }

  /** Artifacts that were last put before an instant, with their sizes in bytes. */
  async *putBefore(before: Date): AsyncGenerator<StoredFile> {
    for await (const name of this.list()) yield* this.olderFile(name, this.locate(name), before);
  }

  /**
   * Removes an artifact that was last put before an instant; does nothing when there is none, or when it was put again
   * since. The caller knows that nothing names it.
   */
  async remove(sha256: string, before: Date): Promise<void> {
    for await (const { name } of this.olderFile(sha256, this.locate(sha256), before)) {
      await this.guarded(() => rm(this.locate(name), { force: true }));
    }
  }

  /** What crashes have left of files that were being put. */
  async *leftovers(before: Date): AsyncGenerator<StoredFile> {
    const folder = join(this.root, 'incoming');
    for (const name of await this.namesIn(folder)) yield* this.olderFile(name, join(folder, name), before);
  }

  /** Removes one of {@link leftovers}. */
  async removeLeftover(name: string): Promise<void> {
    await this.guarded(() => rm(join(this.root, 'incoming', basename(name)), { force: true }));
  }

  private async *olderFile(name: string, path: string, before: Date): AsyncGenerator<StoredFile> {
    const found = await this.guarded(() =>
      stat(path).catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      }),
    );
    if (found?.isFile() === true && found.mtime < before) yield { name, bytes: found.size };
  }

  /** Sorted; a folder that is not there yet is empty. */
  private async namesIn(folder: string): Promise<string[]> {
    return this.guarded(async () => {
      try {
        return (await readdir(folder)).sort();
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    });
  }

  /** The name is checked before it becomes a path: nothing outside the root can be reached. */
  private locate(sha256: string): string {
    if (!SHA256.test(sha256)) {
      throw callerError('ARTIFACT_HASH_INVALID', 'Expected the SHA-256 of an artifact: 64 lower-case hex digits.');
    }
    return join(this.root, 'sha256', sha256.slice(0, 2), sha256.slice(2));
  }

  private async openChecked(sha256: string): Promise<Readable> {
    const path = this.locate(sha256);
    return this.guarded(async () => {
      try {
        await stat(path);
      } catch (error) {
        if (isMissing(error)) throw notFound('ARTIFACT_NOT_FOUND', `There is no artifact ${sha256}.`, { sha256 });
        throw error;
      }
      return verified(createReadStream(path), sha256);
    });
  }

  /**
   * A hard link cannot replace an existing file: the bytes of a finished artifact never change. One that is put again gets
   * the new copy of the same bytes, so that its age says when somebody last meant to name it.
   */
  private async publish(temporary: string, sha256: string): Promise<void> {
    const path = this.locate(sha256);
    const folder = dirname(path);
    await mkdir(folder, { recursive: true });
    try {
      await link(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return rename(temporary, path);
    }
    await syncFolder(folder);
    await syncFolder(dirname(folder));
  }

  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw isTidemarkError(error) ? error : unavailable(error);
    }
  }
}

async function writeDurably(content: string | Uint8Array, path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o444);
  try {
    const source: AsyncIterable<Uint8Array> =
      typeof content === 'string' ? createReadStream(content) : Readable.from([content]);
    for await (const chunk of source) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/** A directory entry survives a power cut only when its directory was synced too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function verified(source: ReadStream, sha256: string): Readable {
  const hash = createHash('sha256');
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback): void {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done: TransformCallback): void {
      const actual = hash.digest('hex');
      done(
        actual === sha256
          ? null
          : defect('ARTIFACT_CORRUPT', `Artifact ${sha256} has the content of ${actual}; restore it from a backup.`, {
              details: { sha256, actual },
            }),
      );
    },
  });
  pipeline(source, check).catch((error: unknown) => check.destroy(error as Error));
  return check;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function unavailable(error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const hint = code === 'ENOSPC' ? 'the disk is full: free space' : 'check that the folder exists and may be written';
  return operationalError('ARTIFACT_STORE_UNAVAILABLE', `The artifact folder refused (${message}); ${hint}.`, {
    cause: error,
    details: { code },
  });
}
