import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BaseConfig } from '@tidemark/config';
import { callerError, operationalError, toTidemarkError } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { Session } from '../session.js';

/** What the embedded PostgreSQL leaves in the data folder while, and after, it runs. */
const EMBEDDED_STATE_FILE = 'postgres.json';
const embeddedStateSchema = z.object({ url: z.string() });

export interface AdminDatabase {
  readonly url: string;
  /** True when it is the PostgreSQL of `npm start` in this data folder. */
  readonly isEmbedded: boolean;
}

/** DATABASE_URL, else the embedded database of this data folder. @throws DATABASE_URL_MISSING */
export function adminDatabase({ databaseUrl, dataDir }: Pick<BaseConfig, 'databaseUrl' | 'dataDir'>): AdminDatabase {
  if (databaseUrl !== undefined) return { url: databaseUrl, isEmbedded: false };
  const file = join(dataDir, EMBEDDED_STATE_FILE);
  const url = embeddedUrl(file);
  if (url !== undefined) return { url, isEmbedded: true };
  throw callerError(
    'DATABASE_URL_MISSING',
    `DATABASE_URL is not set, and ${file} names no embedded database: set DATABASE_URL, or run \`npm start\` first.`,
  );
}

/** Runs `work` on one connection of the operator's own, which is closed whatever happens. */
export async function withDatabase<T>(session: Session, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const database = adminDatabase(session.config);
  const { closeDataSource, openDataSource } = await import('@tidemark/database');
  const options = { poolSize: 2, applicationName: 'tidemark-admin' };
  const dataSource = await openDataSource(database.url, options).catch((error: unknown) => {
    throw explain(error, database);
  });
  try {
    return await work(dataSource);
  } finally {
    await closeDataSource(dataSource);
  }
}

function embeddedUrl(file: string): string | undefined {
  try {
    return embeddedStateSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data?.url;
  } catch (error) {
    // Missing before the first start, or cut short by a crash: both mean that no database is known.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function explain(thrown: unknown, { isEmbedded }: AdminDatabase): Error {
  const error = toTidemarkError(thrown);
  if (!isEmbedded || error.code !== 'DATABASE_UNAVAILABLE') return error;
  return operationalError(
    error.code,
    'The embedded PostgreSQL does not answer: it runs while `npm start` runs. Start that, or set DATABASE_URL.',
    { cause: thrown },
  );
}
