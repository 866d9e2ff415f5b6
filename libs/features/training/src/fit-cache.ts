import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { ARTIFACT_STORE, type ArtifactStore } from '@tidemark/artifacts';
import { CLOCK, isTidemarkError, outerClock, type Clock } from '@tidemark/kernel';
import { FitCacheRepository, type CachedFiles } from './fit-cache.repository.js';

/** Outputs of a trainer job, by what they depend on. */
export interface CachedWork {
  /** From {@link cacheKey}. */
  readonly key: string;
  readonly outputDir: string;
  /** Which of the files in the folder are the outputs. */
  readonly isOutput: (name: string) => boolean;
  readonly signal: AbortSignal;
  /** Runs the job. What it throws is not remembered. */
  readonly produce: () => Promise<void>;
}

export interface CachedOutputs {
  readonly files: CachedFiles;
  readonly isFromCache: boolean;
}

/** SHA-256 over canonical JSON (keys in order) of everything the outputs depend on, paths left out. */
export function cacheKey(parts: Readonly<Record<string, unknown>>): string {
  return createHash('sha256')
    .update(canonical(JSON.parse(JSON.stringify(parts))))
    .digest('hex');
}

/**
 * The trainer gives the same bytes for the same job, so what it has answered before is copied, with its hash checked,
 * and no process is started. Two who want the same at once in this process share one run. A run that ended by a limit,
 * by a cancellation or in any other way than `done` leaves nothing here.
 */
@Injectable()
export class FitCache {
  /** The cache belongs to the machine: its times are no part of a history. */
  private readonly clock: Clock;
  private readonly running = new Map<string, Promise<CachedOutputs>>();

  constructor(
    private readonly rows: FitCacheRepository,
    @Inject(ARTIFACT_STORE) private readonly artifacts: ArtifactStore,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.clock = outerClock(clock);
  }

  async fill(work: CachedWork): Promise<CachedOutputs> {
    for (let other = this.running.get(work.key); other !== undefined; other = this.running.get(work.key)) {
      await settled(other, work.signal);
    }
    const filling = this.fillAlone(work);
    this.running.set(work.key, filling);
    try {
      return await filling;
    } finally {
      this.running.delete(work.key);
    }
  }

  private async fillAlone(work: CachedWork): Promise<CachedOutputs> {
    work.signal.throwIfAborted();
    const known = await this.rows.use(work.key, this.clock.now());
    if (known !== undefined && (await this.copied(known, work.outputDir))) return { files: known, isFromCache: true };
    await work.produce();
    const files = await this.store(work);
    await this.rows.save(work.key, files, this.clock.now());
    return { files, isFromCache: false };
  }

  /** False when the store does not have a file any more: then it is made again. */
  private async copied(files: CachedFiles, outputDir: string): Promise<boolean> {
    try {
      for (const [name, sha256] of Object.entries(files)) {
        await pipeline(await this.artifacts.open(sha256), createWriteStream(join(outputDir, name)));
      }
      return true;
    } catch (error) {
      if (isTidemarkError(error) && error.code === 'ARTIFACT_NOT_FOUND') return false;
      throw error;
    }
  }

  private async store({ outputDir, isOutput }: CachedWork): Promise<CachedFiles> {
    const names = (await readdir(outputDir)).filter(isOutput).sort();
    const stored: [string, string][] = [];
    for (const name of names) stored.push([name, await this.artifacts.put(join(outputDir, name))]);
    return Object.fromEntries(stored);
  }
}

/** Waits until the other has ended, however; ends early with the reason when `signal` is aborted. */
async function settled(other: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const ended = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true, signal: ended.signal });
  });
  try {
    await Promise.race([other.then(ignore, ignore), aborted]);
  } finally {
    ended.abort();
  }
}

function ignore(): void {
  // The other's end is all that matters; its error is its own.
}

/** Text of a JSON value that does not depend on the order of its keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
