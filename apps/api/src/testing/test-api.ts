import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKeys } from '@tidemark/auth';
import { loadConfig, type AppConfig } from '@tidemark/config';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import type { RouteOptions } from 'fastify';
import { createApp } from '../create-app.js';

/** The whole API over a database and a data folder of its own. */
export interface TestApi {
  readonly app: NestFastifyApplication;
  readonly config: AppConfig;
  readonly database: TestDatabase;
  /** Headers of a caller with a valid key. */
  readonly keyed: { readonly authorization: string };
  readonly routes: readonly RouteOptions[];
  close(): Promise<void>;
}

export interface TestApiOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What the API connects to, when it is not the database itself. */
  readonly urlOf?: (databaseUrl: string) => Promise<string>;
}

export async function startTestApi(options: TestApiOptions = {}): Promise<TestApi> {
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-api-'));
  const config = loadConfig({
    DATABASE_URL: (await options.urlOf?.(database.url)) ?? database.url,
    TIDEMARK_DATA_DIR: dataDir,
    TIDEMARK_LOG_LEVEL: 'fatal',
    ...options.env,
  });
  const routes: RouteOptions[] = [];
  const app = await createApp(config, { onRoute: (route) => routes.push(route) });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const { key } = await app.get(ApiKeys).create('trader');
  return {
    app,
    config,
    database,
    keyed: { authorization: `Bearer ${key}` },
    routes,
    close: async () => {
      await app.close();
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
