import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  type RunningPostgres,
  eraseCluster,
  isRunning,
} from './index.js';
import { withConnection } from './server.js';

const FIXTURE = fileURLToPath(new URL('../fixtures/start-and-stay.mjs', import.meta.url));
const isRoot = process.getuid?.() === 0;
// skipped: only root has to run the server under another account
const asRootIt = isRoot ? it : it.skip;

describe('EmbeddedPostgres', () => {
  let folder: string;
  let started: EmbeddedPostgres[];
  let children: ChildProcess[];
  let said: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-pg-'));
    chmodSync(folder, 0o755);
    [started, children, said] = [[], [], []];
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const database of started) await database.stop();
    await eraseCluster({ dataDir: folder, projectRoot: folder, systemDir: join(folder, 'system') });
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  function database(overrides: Partial<EmbeddedPostgresOptions> = {}): EmbeddedPostgres {
    const instance = new EmbeddedPostgres({
      dataDir: join(folder, 'data'),
      projectRoot: folder,
      systemDir: join(folder, 'system'),
      durable: false,
      say: (line) => said.push(line),
      ...overrides,
    });
    started.push(instance);
    return instance;
  }

  async function startElsewhereAndKill(): Promise<RunningPostgres> {
    const child = spawn(process.execPath, [FIXTURE, join(folder, 'data')], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    child.kill('SIGKILL');
    await once(child, 'exit');
    return JSON.parse(line) as RunningPostgres;
  }

  const query = (url: string, sql: string): Promise<unknown[]> =>
    withConnection(url, async (client) => (await client.query<Record<string, unknown>>(sql)).rows);

  it('makes a UTF-8 cluster with the C locale that answers on loopback and keeps its secrets private', async () => {
    const running = await database().start();
    expect(
      await query(running.url, "SELECT current_database() AS name, current_setting('listen_addresses') AS address"),
    ).toEqual([{ name: 'tidemark', address: '127.0.0.1' }]);
    expect(
      await query(
        running.url,
        'SELECT datcollate, pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = current_database()',
      ),
    ).toEqual([{ datcollate: 'C', encoding: 'UTF8' }]);
    for (const file of ['postgres-password', 'postgres.json']) {
      expect(statSync(join(folder, 'data', file)).mode & 0o777).toBe(0o600);
    }
    await expect(query(running.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toMatchObject({
      code: '28P01',
    });
  }, 60_000);

  it('keeps data over a stop and a start, and leaves no process after the stop', async () => {
    const first = database();
    const before = await first.start();
    await query(before.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    expect(isRunning(before.pid)).toBe(false);
    const after = await database().start();
    expect(after.adopted).toBe(false);
    expect(await query(after.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  }, 60_000);

  it('adopts the server that a killed process left running, and can stop it', async () => {
    const left = await startElsewhereAndKill();
    expect(isRunning(left.pid)).toBe(true);
    const instance = database();
    const adopted = await instance.start();
    expect(adopted).toMatchObject({ adopted: true, pid: left.pid, port: left.port });
    await instance.stop();
    expect(isRunning(left.pid)).toBe(false);
  }, 60_000);

  it('recovers when the server itself was killed and its pid file names a dead process', async () => {
    const left = await startElsewhereAndKill();
    process.kill(left.pid, 'SIGKILL');
    const running = await database().start();
    expect(running.adopted).toBe(false);
    expect(await query(running.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  }, 60_000);

  it('does not mistake another program with the pid of a dead server for the server', async () => {
    const first = database();
    const { home } = await first.start();
    await first.stop();
    const pidFile = join(home, 'cluster', 'postmaster.pid');
    writeFileSync(pidFile, `${process.pid}\n${join(home, 'cluster')}\n1\n5432\n\n127.0.0.1\n\nready\n`);
    const running = await database().start();
    expect(running.pid).not.toBe(process.pid);
    expect(said.some((line) => line.includes(`process ${process.pid} is another program`))).toBe(true);
  }, 60_000);

  it('takes another port when the wanted one is in use, and remembers it', async () => {
    const holder = createServer();
    holder.listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const first = database({ port });
    const running = await first.start();
    expect(running.port).not.toBe(port);
    await first.stop();
    holder.close();
    const again = await database({ port }).start();
    expect(again.port).toBe(running.port);
  }, 60_000);

  it('refuses a second instance on the same data folder and names the holder', async () => {
    await database().start();
    await expect(database().start()).rejects.toMatchObject({
      code: 'DATA_FOLDER_LOCKED',
      details: { pid: process.pid },
    });
  }, 60_000);

  it('starts again after its server died under it', async () => {
    const instance = database();
    const first = await instance.start();
    process.kill(first.pid, 'SIGKILL');
    for (let i = 0; i < 200 && instance.isAlive(); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(instance.isAlive()).toBe(false);
    const second = await instance.start();
    expect(second.pid).not.toBe(first.pid);
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  }, 60_000);

  it('refuses data of another major version and data whose password is lost', async () => {
    const first = database();
    const { home } = await first.start();
    await first.stop();
    const version = join(home, 'cluster', 'PG_VERSION');
    const written = readFileSync(version, 'utf8');
    writeFileSync(version, '9\n');
    await expect(database().start()).rejects.toMatchObject({ code: 'EMBEDDED_POSTGRES_WRONG_VERSION' });
    writeFileSync(version, written);
    rmSync(join(folder, 'data', 'postgres-password'));
    await expect(database().start()).rejects.toMatchObject({ code: 'EMBEDDED_POSTGRES_PASSWORD_LOST' });
  }, 60_000);

  it('begins anew after an initdb that was cut short', async () => {
    mkdirSync(join(folder, 'data', 'postgres', 'cluster.new'), { recursive: true });
    writeFileSync(join(folder, 'data', '.tidemark-data'), '');
    writeFileSync(join(folder, 'data', 'postgres', 'cluster.new', 'PG_VERSION'), '18\n');
    const running = await database().start();
    expect(await query(running.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  }, 60_000);

  asRootIt(
    'moves data and binaries out of a clone that the server account cannot enter, and says so',
    async () => {
      const clone = join(folder, 'private');
      mkdirSync(clone, { mode: 0o700 });
      const options = { dataDir: join(clone, '.tidemark'), projectRoot: clone };
      const first = database(options);
      const running = await first.start();
      expect(running.home.startsWith(join(folder, 'system'))).toBe(true);
      expect(said.some((line) => line.includes(running.home))).toBe(true);
      await query(running.url, 'CREATE TABLE kept AS SELECT 1 AS one');
      await first.stop();
      chmodSync(clone, 0o755);
      const again = database(options);
      expect(await query((await again.start()).url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
      await again.stop();
      await eraseCluster({ ...options, systemDir: join(folder, 'system') });
      expect(existsSync(running.home)).toBe(false);
    },
    60_000,
  );
});
