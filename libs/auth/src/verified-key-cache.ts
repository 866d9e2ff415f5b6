import { createHash } from 'node:crypto';
import { isTidemarkError, type Clock } from '@tidemark/kernel';

/** A key that Postgres accepted. */
export interface VerifiedKey {
  readonly id: string;
  readonly name: string;
  /** The key stops being accepted at this instant. */
  readonly acceptedUntil?: Date;
}

export interface CacheLimits {
  /** An answer is used this long without asking again: the longest a revoked key lives elsewhere. */
  readonly freshMs: number;
  /** While Postgres does not answer, a key it accepted this recently stays accepted. */
  readonly outageMs: number;
  /** A caller with an accepted key waits this long for Postgres before the older answer is used. */
  readonly patienceMs: number;
  /** After a failed look-up the older answer is used this long without trying again. */
  readonly retryMs: number;
  readonly maxEntries: number;
}

export const CACHE_LIMITS: CacheLimits = {
  freshMs: 5_000,
  outageMs: 15 * 60_000,
  patienceMs: 250,
  retryMs: 1_000,
  maxEntries: 1_000,
};

interface Entry {
  readonly value: VerifiedKey;
  readonly verifiedAt: number;
  askAgainAt: number;
}

/** Remembers accepted keys (by hash) so that Postgres is asked once in a while and may be away for a while. */
export class VerifiedKeyCache {
  /** Oldest use first. */
  private readonly entries = new Map<string, Entry>();
  private readonly pending = new Map<string, Promise<VerifiedKey | undefined>>();

  constructor(
    private readonly clock: Clock,
    private readonly lookUp: (key: string) => Promise<VerifiedKey | undefined>,
    private readonly limits: CacheLimits = CACHE_LIMITS,
  ) {}

  async get(key: string): Promise<VerifiedKey | undefined> {
    const digest = createHash('sha256').update(key).digest('base64');
    const entry = this.entries.get(digest);
    const now = this.clock.now().getTime();
    if (entry === undefined) return this.accepted(await this.ask(digest, key));
    if (now < entry.askAgainAt) return this.accepted(entry.value);
    if (now - entry.verifiedAt >= this.limits.outageMs) return this.accepted(await this.ask(digest, key));
    return this.accepted(await this.askWithPatience(digest, key, entry));
  }

  /** Drops the answers about one key. */
  forget(id: string): void {
    for (const [digest, { value }] of this.entries) if (value.id === id) this.entries.delete(digest);
  }

  private accepted(value: VerifiedKey | undefined): VerifiedKey | undefined {
    const ended = value?.acceptedUntil !== undefined && value.acceptedUntil.getTime() <= this.clock.now().getTime();
    return ended ? undefined : value;
  }

  private async askWithPatience(digest: string, key: string, entry: Entry): Promise<VerifiedKey | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.limits.patienceMs);
    });
    const asked = this.ask(digest, key).catch((error: unknown) => {
      if (isTidemarkError(error) && error.retryable) return 'late' as const;
      throw error;
    });
    try {
      const answer = await Promise.race([asked, late]);
      if (answer !== 'late') return answer;
      entry.askAgainAt = this.clock.now().getTime() + this.limits.retryMs;
      return entry.value;
    } finally {
      clearTimeout(timer);
    }
  }

  /** One question to Postgres at a time per key, however many callers wait for it. */
  private ask(digest: string, key: string): Promise<VerifiedKey | undefined> {
    const running = this.pending.get(digest);
    if (running !== undefined) return running;
    const question = this.lookUp(key)
      .then((value) => this.remember(digest, value))
      .finally(() => this.pending.delete(digest));
    this.pending.set(digest, question);
    return question;
  }

  private remember(digest: string, value: VerifiedKey | undefined): VerifiedKey | undefined {
    this.entries.delete(digest);
    if (value === undefined) return undefined;
    const now = this.clock.now().getTime();
    this.entries.set(digest, { value, verifiedAt: now, askAgainAt: now + this.limits.freshMs });
    const oldest = this.entries.keys().next();
    if (this.entries.size > this.limits.maxEntries && oldest.done !== true) this.entries.delete(oldest.value);
    return value;
  }
}
