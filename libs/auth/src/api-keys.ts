import { Inject, Injectable } from '@nestjs/common';
import { DATA_SOURCE, execute, inTransaction, selectOne, selectRows, type SqlExecutor } from '@tidemark/database';
import { CLOCK, callerError, notFound, type Clock } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import { formatKey, generateKey, hashSecret, parseKey, secretMatches } from './api-key.js';
import { writeKeyFile } from './key-file.js';
import { VerifiedKeyCache, type VerifiedKey } from './verified-key-cache.js';

export interface CreatedKey {
  readonly id: string;
  readonly name: string;
  /** The whole key; it cannot be shown again. */
  readonly key: string;
}

export interface KeyInfo {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  /** When the key stopped, or will stop, being accepted. */
  readonly revokedAt?: Date;
}

export interface RotateOptions {
  /** The old key is accepted this much longer; default 0. */
  readonly graceSeconds?: number;
  /** Where the new key is written, mode 0600. */
  readonly file?: string;
}

interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly secret_sha256: Buffer;
  readonly created_at: Date;
  readonly revoked_at: Date | null;
}

/** Two processes that both find no key must not both create one. */
const FIRST_KEY_LOCK = 7_400_000_003;
const NAME = /^[a-z][a-z0-9_-]{0,63}$/;

/**
 * API keys: stored as hashes, shown once. A verified key is trusted for 5 s without asking Postgres again, and for
 * 15 minutes while Postgres does not answer; so a revoked key stops within 5 s, or within 15 minutes of an outage.
 */
@Injectable()
export class ApiKeys {
  private readonly cache: VerifiedKeyCache;

  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.cache = new VerifiedKeyCache(clock, (key) => this.lookUp(key));
  }

  /** Creates a key; with `file`, also writes it there (mode 0600). */
  async create(name: string, file?: string): Promise<CreatedKey> {
    return inTransaction(this.dataSource, (runner) => this.insert(runner, name, file));
  }

  /** Creates the first key and writes it to `file`, unless an accepted key exists. */
  async createIfNone(name: string, file: string): Promise<{ created: boolean; file: string }> {
    return inTransaction(this.dataSource, async (runner) => {
      await selectRows(runner, 'select pg_advisory_xact_lock($1)', [FIRST_KEY_LOCK]);
      const accepted = await selectOne(
        runner,
        'select id from api_keys where revoked_at is null or revoked_at > $1 limit 1',
        [this.clock.now()],
      );
      if (accepted !== undefined) return { created: false, file };
      await this.insert(runner, name, file);
      return { created: true, file };
    });
  }

  /** A new key of the same name takes the place of `id`, which is accepted until its grace has passed. */
  async rotate(id: string, options: RotateOptions = {}): Promise<CreatedKey> {
    const created = await inTransaction(this.dataSource, async (runner) => {
      const end = new Date(this.clock.now().getTime() + (options.graceSeconds ?? 0) * 1000);
      const { name } = await this.end(runner, id, end);
      return this.insert(runner, name, options.file);
    });
    this.cache.forget(id);
    return created;
  }

  /** The key is refused from now on: at once by this process, within 5 s by others. */
  async revoke(id: string): Promise<void> {
    await inTransaction(this.dataSource, (runner) => this.end(runner, id, this.clock.now()));
    this.cache.forget(id);
  }

  async list(): Promise<KeyInfo[]> {
    const rows = await selectRows<KeyRow>(
      this.dataSource,
      'select id, name, created_at, revoked_at from api_keys order by created_at, id',
    );
    return rows.map(({ id, name, created_at, revoked_at }) => ({
      id,
      name,
      createdAt: created_at,
      revokedAt: revoked_at ?? undefined,
    }));
  }

  /** The key's name when it is accepted, undefined when it is not; DATABASE_UNAVAILABLE when that cannot be known. */
  async verify(key: string): Promise<string | undefined> {
    if (parseKey(key) === undefined) return undefined;
    return (await this.cache.get(key))?.name;
  }

  private async lookUp(key: string): Promise<VerifiedKey | undefined> {
    const parts = parseKey(key);
    if (parts === undefined) return undefined;
    const row = await selectOne<KeyRow>(
      this.dataSource,
      'select id, name, secret_sha256, revoked_at from api_keys where id = $1',
      [parts.id],
    );
    if (row === undefined || !secretMatches(parts.secret, row.secret_sha256)) return undefined;
    return { id: row.id, name: row.name, acceptedUntil: row.revoked_at ?? undefined };
  }

  /**
   * The file is in place before the row is committed: after a crash between the two, the next start finds no accepted
   * key and writes a new one, instead of an accepted key that nobody holds.
   */
  private async insert(executor: SqlExecutor, name: string, file: string | undefined): Promise<CreatedKey> {
    if (!NAME.test(name)) {
      throw callerError(
        'KEY_NAME_INVALID',
        'A key name starts with a lower-case letter and has at most 64 of a-z, 0-9, _ and -.',
      );
    }
    const parts = generateKey();
    await selectRows(executor, 'insert into api_keys (id, name, secret_sha256, created_at) values ($1, $2, $3, $4)', [
      parts.id,
      name,
      hashSecret(parts.secret),
      this.clock.now(),
    ]);
    const key = formatKey(parts);
    if (file !== undefined) await writeKeyFile(file, key);
    return { id: parts.id, name, key };
  }

  private async end(executor: SqlExecutor, id: string, at: Date): Promise<{ name: string }> {
    const row = await selectOne<KeyRow>(executor, 'select name, revoked_at from api_keys where id = $1 for update', [
      id,
    ]);
    if (row === undefined)
      throw notFound(
        'KEY_NOT_FOUND',
        `There is no API key ${JSON.stringify(id)}; \`npx tidemark admin keys list\` shows them.`,
      );
    if (row.revoked_at !== null && row.revoked_at <= this.clock.now()) {
      throw callerError('KEY_REVOKED', `The API key ${id} is revoked already.`, { status: 409 });
    }
    await execute(executor, 'update api_keys set revoked_at = $2 where id = $1', [id, at]);
    return { name: row.name };
  }
}
