import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  EmbeddedPostgres,
  eraseCluster,
  isRunning,
  prepareDataFolder,
  startToken,
  waitForExit,
} from '@tidemark/embedded-postgres';

const RUN = fileURLToPath(new URL('../fixtures/run.mjs', import.meta.url));
const LAST_LINE = 'Ctrl-C stops\n';
const TIMEOUT_MS = 60_000;

interface Run {
  readonly process: ChildProcess;
  readonly pid: number;
  output: string;
  readonly code: Promise<number | null>;
}

describe('Supervisor', () => {
  let folder: string;
  let dataDir: string;
  let eventsFile: string;
  let runs: Run[];

  // One data folder for all tests: making a cluster takes longer than most of them. Each one ends with nothing running.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-supervisor-'));
    chmodSync(folder, 0o755);
    dataDir = join(folder, 'data');
    eventsFile = join(folder, 'events');
  });

  beforeEach(() => {
    writeFileSync(eventsFile, '');
    for (const file of ['crash.worker', 'crash.api.refused', 'crash.job.stopped'])
      rmSync(join(folder, file), { force: true });
    runs = [];
  });

  afterEach(async () => {
    const started = [...runs.map((run) => run.pid), ...events('up').map(([, pid]) => pid)];
    for (const pid of started) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    for (const pid of started) await waitForExit(pid, 10_000);
    const database = postgresPid();
    if (isRunning(database)) process.kill(database, 'SIGINT');
    await waitForExit(database, 10_000);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await eraseCluster({ dataDir, projectRoot: folder });
    rmSync(folder, { recursive: true, force: true });
  }, TIMEOUT_MS);

  function start(env: Record<string, string> = {}, target = dataDir, ...flags: string[]): Run {
    const child = spawn(process.execPath, [RUN, target, ...flags], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', EVENTS_FILE: eventsFile, CRASH_FILE: join(folder, 'crash'), ...env },
    });
    const run: Run = {
      process: child,
      pid: child.pid ?? 0,
      output: '',
      code: new Promise((resolve) => child.once('close', resolve)),
    };
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (run.output += chunk.toString()));
    runs.push(run);
    return run;
  }

  async function until(what: string, isTrue: () => boolean): Promise<void> {
    const end = performance.now() + 40_000;
    while (!isTrue()) {
      if (performance.now() > end)
        throw new Error(`${what} did not happen; output so far:\n${runs.map((run) => run.output).join('\n---\n')}`);
      await delay(20);
    }
  }

  const ready = (run: Run): Promise<void> => until('the last line', () => run.output.endsWith(LAST_LINE));
  const interruptGroup = (run: Run): void => void process.kill(-run.pid, 'SIGINT');

  /** [part, pid] of each event of a kind, oldest first. */
  function events(kind: string): [string, number][] {
    const lines = readFileSync(eventsFile, 'utf8').trim().split('\n');
    return lines
      .map((line) => line.split(' '))
      .flatMap(([part, event, pid]) => (event === kind ? [[part ?? '', Number(pid)]] : []));
  }

  const postgresPid = (): number =>
    (JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { pid: number }).pid;
  const serverFile = (): boolean => existsSync(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'));

  it(
    'runs the main job, says how to go on, and drains api, scheduler, worker and PostgreSQL in that order on SIGINT to its group',
    async () => {
      const run = start();
      await ready(run);
      expect(run.output).toContain('THE RESULT TABLE');
      expect(run.output.indexOf('THE RESULT TABLE')).toBeLessThan(run.output.indexOf('/docs'));
      expect(readFileSync(eventsFile, 'utf8')).toMatch(/^cli admin migrate\ncli admin keys create --if-none\n/);
      const database = postgresPid();
      interruptGroup(run);
      expect(await run.code).toBe(0);
      expect(events('drained').map(([part]) => part)).toEqual(['api', 'scheduler', 'worker']);
      expect(events('SIGINT')).toEqual([]);
      for (const pid of [database, ...events('up').map(([, part]) => part)]) expect(isRunning(pid)).toBe(false);
      expect(serverFile()).toBe(false);
    },
    TIMEOUT_MS,
  );

  it(
    'shows the stored result at the second start and does not run the job again',
    async () => {
      const first = start();
      await ready(first);
      interruptGroup(first);
      await first.code;
      const second = start();
      await ready(second);
      expect(second.output).toContain('THE RESULT TABLE');
      expect(events('job')).toHaveLength(1);
      process.kill(second.pid, 'SIGTERM');
      expect(await second.code).toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    'says that a main job which was stopped goes on, and where the running instance answers',
    async () => {
      writeFileSync(join(folder, 'crash.job.stopped'), '');
      const run = start();
      await ready(run);
      expect(run.output).toContain('The main job was begun at an earlier start and goes on from where that stopped\n');
      expect(events('job')).toEqual([]);
      expect(run.output).toContain('THE RESULT TABLE');
      const state: unknown = JSON.parse(readFileSync(join(dataDir, 'supervisor.json'), 'utf8'));
      const apiUrl = /Serving on (\S+)/.exec(run.output)?.[1];
      expect(state).toMatchObject({ pid: run.pid, startToken: startToken(run.pid), apiUrl });
      expect(run.output).toContain(`TIDEMARK_DATA_DIR=${relative('/', dataDir)} npx tidemark status`);
      expect(run.output).not.toContain('TIDEMARK_API_URL');
      interruptGroup(run);
      expect(await run.code).toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    'leaves no data folder behind when it is refused for a taken port, and erases none',
    async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      const run = start({ TEST_PORT: String(port) }, join(folder, 'refused'));
      expect(await run.code).toBe(2);
      expect(run.output).toContain('PORT_IN_USE');
      expect(existsSync(join(folder, 'refused'))).toBe(false);
      writeFileSync(join(prepareDataFolder(dataDir), 'kept'), '');
      const fresh = start({ TEST_PORT: String(port) }, dataDir, 'fresh');
      expect(await fresh.code).toBe(2);
      expect(fresh.output).toContain('PORT_IN_USE');
      expect(existsSync(join(dataDir, 'kept'))).toBe(true);
      await new Promise((resolve) => other.close(resolve));
    },
    TIMEOUT_MS,
  );

  it(
    'starts a part again that died, and PostgreSQL too',
    async () => {
      const run = start();
      await ready(run);
      const database = postgresPid();
      process.kill(events('up').find(([part]) => part === 'worker')?.[1] ?? 0, 'SIGKILL');
      await until('a second worker', () => events('up').filter(([part]) => part === 'worker').length === 2);
      process.kill(database, 'SIGKILL');
      await until('another PostgreSQL', () => postgresPid() !== database);
      interruptGroup(run);
      expect(await run.code).toBe(0);
      expect(events('drained').map(([part]) => part)).toEqual(['api', 'scheduler', 'worker']);
    },
    TIMEOUT_MS,
  );

  it(
    'ends clearly when a part keeps failing: names it, shows its log, drains the rest',
    async () => {
      const run = start();
      await ready(run);
      writeFileSync(join(folder, 'crash.worker'), '');
      process.kill(events('up').find(([part]) => part === 'worker')?.[1] ?? 0, 'SIGKILL');
      expect(await run.code).toBe(75);
      expect(run.output).toContain('PROCESS_KEEPS_FAILING: worker');
      expect(run.output.slice(run.output.indexOf('PROCESS_KEEPS_FAILING'))).toContain('worker cannot work today');
      expect(events('drained').map(([part]) => part)).toEqual(['api', 'scheduler']);
      expect(isRunning(postgresPid())).toBe(false);
    },
    TIMEOUT_MS,
  );

  it(
    'does not try again what was refused for a mistake of the operator, and says which',
    async () => {
      writeFileSync(join(folder, 'crash.api.refused'), '');
      const run = start();
      expect(await run.code).toBe(2);
      expect(run.output).toMatch(/PROCESS_REFUSED_TO_START: api .*\napi did not start: a file is wrong\n/);
      expect(run.output).not.toContain('started again');
    },
    TIMEOUT_MS,
  );

  it(
    'recovers after it was killed itself: stops the parts left over and takes the database over',
    async () => {
      const first = start();
      await ready(first);
      const database = postgresPid();
      process.kill(first.pid, 'SIGKILL');
      await first.code;
      const second = start();
      await ready(second);
      expect(postgresPid()).toBe(database);
      const pids = events('up').map(([, pid]) => pid);
      expect(pids.map(isRunning)).toEqual([false, false, false, true, true, true]);
      interruptGroup(second);
      expect(await second.code).toBe(0);
      expect(isRunning(database)).toBe(false);
    },
    TIMEOUT_MS,
  );

  it(
    'hurries at a second Ctrl-C, but not at the copy of the first one that npm forwards',
    async () => {
      const run = start({ IGNORE_SIGTERM: 'api' });
      await ready(run);
      interruptGroup(run);
      interruptGroup(run);
      await until('the request to the api', () => events('ignored').length === 1);
      await delay(1_200);
      expect(run.process.exitCode).toBeNull();
      interruptGroup(run);
      expect(await run.code).toBe(0);
      expect(serverFile()).toBe(false);
      for (const [, pid] of events('up')) expect(isRunning(pid)).toBe(false);
    },
    TIMEOUT_MS,
  );

  it(
    'refuses a second start on the same data folder and leaves the first one alone',
    async () => {
      const first = start();
      await ready(first);
      const second = start();
      expect(await second.code).toBe(2);
      expect(second.output).toContain('DATA_FOLDER_LOCKED');
      expect(second.output).toContain(String(first.pid));
      interruptGroup(first);
      expect(await first.code).toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    'begins anew with --fresh, but never empties a folder that is not its own',
    async () => {
      writeFileSync(join(folder, 'precious'), '');
      const first = start();
      await ready(first);
      writeFileSync(join(dataDir, 'kept-until-fresh'), '');
      interruptGroup(first);
      await first.code;
      const second = start({}, dataDir, 'fresh');
      await ready(second);
      expect(existsSync(join(dataDir, 'kept-until-fresh'))).toBe(false);
      interruptGroup(second);
      expect(await second.code).toBe(0);
      const third = start({}, folder, 'fresh');
      expect(await third.code).toBe(2);
      expect(third.output).toContain('DATA_FOLDER_FOREIGN');
      expect(existsSync(join(folder, 'precious'))).toBe(true);
    },
    TIMEOUT_MS,
  );

  it(
    'checks a database of the operator, never migrates it, and names the command that does',
    async () => {
      const server = new EmbeddedPostgres({ dataDir, projectRoot: folder, database: 'external' });
      const { url } = await server.start();
      try {
        const run = start({ DATABASE_URL: url }, join(folder, 'second'));
        expect(await run.code).not.toBe(0);
        expect(run.output).toContain('DATABASE_SCHEMA_OUTDATED');
        expect(run.output).toContain('npx tidemark admin migrate');
        expect(readFileSync(eventsFile, 'utf8')).toBe('');
        const wrong = Object.assign(new URL(url), { password: 'hunter2' }).toString();
        const refused = start({ DATABASE_URL: wrong }, join(folder, 'second'));
        expect(await refused.code).toBe(75);
        expect(refused.output).toContain('DATABASE_LOGIN_REFUSED: ');
        expect(refused.output).not.toMatch(/hunter2|\n {4}at /);
      } finally {
        await server.stop();
      }
    },
    TIMEOUT_MS,
  );

  it(
    'stops cleanly when it is interrupted before it is ready',
    async () => {
      const run = start();
      await until('PostgreSQL', () => run.output.includes('PostgreSQL is ready'));
      interruptGroup(run);
      expect(await run.code).toBe(0);
      expect(isRunning(postgresPid())).toBe(false);
      expect(run.output).not.toContain('Ctrl-C stops\n');
    },
    TIMEOUT_MS,
  );
});
