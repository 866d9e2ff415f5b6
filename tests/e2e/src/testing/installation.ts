import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiKeys } from '@tidemark/auth';
import { repositoryRoot } from '@tidemark/config';
import { closeDataSource, migrate, openDataSource } from '@tidemark/database';
import { freePort } from '@tidemark/embedded-postgres';
import { migrateQueue } from '@tidemark/jobs';
import { SystemClock } from '@tidemark/kernel';
import { createTestDatabase } from '@tidemark/testing';
import { ApiClient } from './api-client.js';
import { ManagedProcess } from './managed-process.js';

export type Environment = Readonly<Record<string, string>>;

const ROOT = repositoryRoot();
const API_MAIN = join(ROOT, 'apps/api/dist/main.js');
const WORKER_MAIN = join(ROOT, 'apps/worker/dist/main.js');
export const REAL_TRAINER = join(ROOT, 'build/bin/tidemark-train');

export interface RunningApi {
  readonly process: ManagedProcess;
  readonly port: number;
  readonly client: ApiClient;
}

/** A database, a data folder and a key, with the real api and worker processes on them. */
export class Installation {
  private readonly processes: ManagedProcess[] = [];
  private readonly clients: ApiClient[] = [];

  private constructor(
    readonly databaseUrl: string,
    readonly folder: string,
    readonly key: string,
    private readonly env: Environment,
    private readonly dropDatabase: () => Promise<void>,
  ) {}

  /** On a database of its own on the test server. */
  static async create(env: Environment = {}): Promise<Installation> {
    const database = await createTestDatabase();
    return Installation.on(database.url, env, () => database.close());
  }

  /** On a given database, which is brought up to date. */
  static async on(
    databaseUrl: string,
    env: Environment,
    drop = async (): Promise<void> => undefined,
  ): Promise<Installation> {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-e2e-'));
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir);
    const keyFile = join(dataDir, 'api-key');
    const dataSource = await openDataSource(databaseUrl);
    try {
      await migrate(dataSource);
      await new ApiKeys(dataSource, new SystemClock()).createIfNone('e2e', keyFile);
    } finally {
      await closeDataSource(dataSource);
    }
    await migrateQueue(databaseUrl);
    return new Installation(databaseUrl, folder, readFileSync(keyFile, 'utf8').trim(), env, drop);
  }

  get dataDir(): string {
    return join(this.folder, 'data');
  }

  async startApi(env: Environment = {}): Promise<RunningApi> {
    const port = await freePort(0);
    const process = this.start('api', API_MAIN, { TIDEMARK_PORT: String(port), ...env });
    const client = this.client(port);
    await process.ready(async () => (await client.send('GET', '/health')).status === 200);
    return { process, port, client };
  }

  async startWorker(env: Environment = {}): Promise<ManagedProcess> {
    const port = await freePort(0);
    const process = this.start('worker', WORKER_MAIN, { TIDEMARK_WORKER_HTTP_PORT: String(port), ...env });
    const client = this.client(port);
    await process.ready(async () => (await client.send('GET', '/health')).status === 200);
    return process;
  }

  /** A client with connections of its own. */
  client(port: number, connections?: number): ApiClient {
    const client = new ApiClient(port, this.key, connections);
    this.clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    this.clients.forEach((client) => client.close());
    await Promise.all(this.processes.map((process) => process.stop('SIGKILL')));
    await this.dropDatabase();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private start(name: string, main: string, env: Environment): ManagedProcess {
    const number = this.processes.length + 1;
    const all = {
      DATABASE_URL: this.databaseUrl,
      TIDEMARK_DATA_DIR: this.dataDir,
      TIDEMARK_TRAINER: REAL_TRAINER,
      PATH: '/usr/local/bin:/usr/bin:/bin',
      ...this.env,
      ...env,
    };
    const process = new ManagedProcess(name, main, all, join(this.folder, `${number}-${name}.log`));
    this.processes.push(process);
    return process;
  }
}
