import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApiKeys } from '@tidemark/auth';
import { repositoryRoot } from '@tidemark/config';
import { closeDataSource, migrate, openDataSource } from '@tidemark/database';
import { freePort } from '@tidemark/embedded-postgres';
import { migrateQueue } from '@tidemark/jobs';
import { SystemClock } from '@tidemark/kernel';
import { createTestDatabase } from '@tidemark/testing';
import { copyAgents } from './agents.js';
import { ApiClient } from './api-client.js';
import type { ClockFile } from './clock-file.js';
import { ManagedProcess } from './managed-process.js';
import { Traffic } from './traffic.js';

export type Environment = Readonly<Record<string, string>>;

const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin';
const ROOT = repositoryRoot();
const CLI_MAIN = join(ROOT, 'apps/cli/bin/tidemark.mjs');
const MAINS = {
  api: join(ROOT, 'apps/api/dist/main.js'),
  worker: join(ROOT, 'apps/worker/dist/main.js'),
  scheduler: join(ROOT, 'apps/scheduler/dist/main.js'),
};
/** Runs any of them by a clock of the test. */
const STEPPED = join(ROOT, 'tests/e2e/fixtures/stepped.mjs');
/** What is on the path of a reader, without what npx and curl would do first: look for the package, hide a refusal. */
const AS_TYPED = `npx() { shift; '${process.execPath}' '${CLI_MAIN}' "$@"; }
curl() { command curl --fail-with-body "$@"; }`;
export const REAL_TRAINER = join(ROOT, 'build/bin/tidemark-train');

export interface RunningApi {
  readonly process: ManagedProcess;
  readonly port: number;
  readonly client: ApiClient;
}

/** A database, a data folder, agents and a key, with the real api, worker and scheduler processes on them. */
export class Installation {
  /** What processes started from now on go by; default the wall clock. */
  clock: ClockFile | undefined;
  private readonly processes: ManagedProcess[] = [];
  private readonly clients: ApiClient[] = [];
  private readonly endings: (() => Promise<unknown>)[] = [];

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
    copyAgents(join(folder, 'agents'));
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

  get agentsDir(): string {
    return join(this.folder, 'agents');
  }

  async startApi(env: Environment = {}): Promise<RunningApi> {
    const port = await freePort(0);
    const process = this.startProcess('api', { TIDEMARK_PORT: String(port), ...env });
    const client = this.client(port);
    await process.ready(async () => (await client.send('GET', '/health')).status === 200);
    return { process, port, client };
  }

  async startWorker(env: Environment = {}): Promise<ManagedProcess> {
    const port = await freePort(0);
    return this.healthy(this.startProcess('worker', { TIDEMARK_WORKER_HTTP_PORT: String(port), ...env }), port);
  }

  async startScheduler(env: Environment = {}): Promise<ManagedProcess> {
    const port = await freePort(0);
    return this.healthy(this.startProcess('scheduler', { TIDEMARK_SCHEDULER_HTTP_PORT: String(port), ...env }), port);
  }

  private async healthy(process: ManagedProcess, port: number): Promise<ManagedProcess> {
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

  /** Runs a command of the command line against one api process; rejects when it fails. Resolves to its output. */
  async cli(port: number, args: readonly string[]): Promise<string> {
    const env = {
      ...this.environment(),
      TIDEMARK_API_URL: `http://127.0.0.1:${port}`,
      TIDEMARK_API_KEY: this.key,
    };
    const { stdout } = await promisify(execFile)(process.execPath, [CLI_MAIN, ...args], { env });
    return stdout;
  }

  /**
   * Runs a line of shell as a reader types it in a clone whose data folder is this installation's; rejects when it fails.
   * A refusal over HTTP is a failure.
   */
  async shell(port: number, line: string): Promise<string> {
    const env = { ...this.environment(), TIDEMARK_API_URL: `http://127.0.0.1:${port}` };
    const { stdout } = await promisify(execFile)('bash', ['-c', `${AS_TYPED}\n${line}`], { cwd: this.clone(), env });
    return stdout;
  }

  /** A folder with what the documents name by a relative path. */
  clone(): string {
    const folder = join(this.folder, 'clone');
    if (existsSync(folder)) return folder;
    mkdirSync(folder);
    symlinkSync(this.dataDir, join(folder, '.tidemark'));
    return folder;
  }

  /** Calls predict in a loop on `connections` connections, spread over the ports, until stopped or closed. */
  traffic<Item>(ports: readonly number[], connections: number, next: () => Item): Traffic<Item> {
    const clients = Array.from({ length: connections }, (_, index) => this.client(ports[index % ports.length]!, 1));
    const traffic = new Traffic(clients, next);
    this.endings.push(() => traffic.stop());
    return traffic;
  }

  /** Something else to end with this installation. */
  onClose(end: () => Promise<unknown>): void {
    this.endings.push(end);
  }

  async close(): Promise<void> {
    for (const end of this.endings) await end();
    this.clients.forEach((client) => client.close());
    await Promise.all(this.processes.map((process) => process.stop('SIGKILL')));
    await this.dropDatabase();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts a process without waiting for it to get ready. */
  startProcess(name: keyof typeof MAINS, env: Environment = {}): ManagedProcess {
    const number = this.processes.length + 1;
    const log = join(this.folder, `${number}-${name}.log`);
    const command = this.clock === undefined ? [MAINS[name]] : [STEPPED, name, this.clock.path];
    const process = new ManagedProcess(name, command, { ...this.environment(), ...env }, log);
    this.processes.push(process);
    return process;
  }

  private environment(): Environment {
    return {
      DATABASE_URL: this.databaseUrl,
      TIDEMARK_DATA_DIR: this.dataDir,
      TIDEMARK_AGENTS_DIR: this.agentsDir,
      TIDEMARK_TRAINER: REAL_TRAINER,
      PATH: SYSTEM_PATH,
      ...this.env,
    };
  }
}
