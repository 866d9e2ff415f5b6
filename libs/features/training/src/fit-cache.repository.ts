import { Inject, Injectable } from '@nestjs/common';
import { DATA_SOURCE, execute, selectOne } from '@tidemark/database';
import type { DataSource } from 'typeorm';

/** Name of each file of an output folder, and the SHA-256 under which the artifact store has it. */
export type CachedFiles = Readonly<Record<string, string>>;

/** Rows of `fit_cache`: what the trainer answers to a job it has been given before. */
@Injectable()
export class FitCacheRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async use(key: string, at: Date): Promise<CachedFiles | undefined> {
    const row = await selectOne<{ files: CachedFiles }>(
      this.dataSource,
      'update fit_cache set used_at = $2 where key = $1 returning files',
      [key, at],
    );
    return row?.files;
  }

  async save(key: string, files: CachedFiles, at: Date): Promise<void> {
    await execute(
      this.dataSource,
      `insert into fit_cache (key, files, created_at, used_at) values ($1, $2, $3, $3)
       on conflict (key) do update set files = excluded.files, used_at = excluded.used_at`,
      [key, JSON.stringify(files), at],
    );
  }
}
