import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { cli, type CliResult } from '../testing/cli-run.js';

describe('admin commands on a database', () => {
  let database: TestDatabase;
  let folder: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(() => database.close());

  beforeEach(async () => {
    await database.dataSource.query('delete from api_keys');
    folder = mkdtempSync(join(tmpdir(), 'tidemark-admin-'));
    env = { DATABASE_URL: database.url, TIDEMARK_DATA_DIR: folder };
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const admin = (...args: string[]): Promise<CliResult> => cli(['admin', ...args], { env });
  const keyFile = (): string => readFileSync(join(folder, 'api-key'), 'utf8').trim();

  it('has nothing to migrate in a database that is up to date', async () => {
    expect(await admin('migrate')).toEqual({ code: 0, out: 'The schema is up to date.\n', err: '' });
  });

  it('writes the first key to the key file, once', async () => {
    await admin('keys', 'create', '--if-none');
    const first = keyFile();
    expect(first).toMatch(/^tm_/);
    expect(statSync(join(folder, 'api-key')).mode & 0o777).toBe(0o600);
    const again = await admin('keys', 'create', '--if-none');
    expect(again.out).toBe('There is an accepted key already.\n');
    expect(keyFile()).toBe(first);
  });

  it('shows a further key once and never lists it', async () => {
    await admin('keys', 'create');
    const further = await admin('keys', 'create', 'notebook');
    const key = /^tm_\S+$/m.exec(further.out)?.[0] ?? '';
    expect(key).not.toBe('');
    const list = await admin('keys');
    expect(list.out).toMatch(/notebook +accepted/);
    expect(list.out).not.toContain(key);
  });

  it('replaces the key in the key file when that one is rotated', async () => {
    await admin('keys', 'create');
    const before = keyFile();
    const id = before.split('_')[1]!;
    const rotated = await admin('keys', 'rotate', id, '--grace', '60');
    expect(rotated.code).toBe(0);
    expect(rotated.out).not.toContain('tm_');
    expect(keyFile()).not.toBe(before);
    expect((await admin('keys', 'list')).out).toMatch(new RegExp(`${id} +default +accepted until`));
  });

  it('revokes a key and refuses to do it twice', async () => {
    await admin('keys', 'create');
    const id = keyFile().split('_')[1]!;
    expect((await admin('keys', 'revoke', id)).code).toBe(0);
    const again = await admin('keys', 'revoke', id);
    expect(again.code).toBe(2);
    expect(again.err).toMatch(/^KEY_REVOKED: /);
  });

  it('backs everything up into a file of its own and restores it into an empty database', async () => {
    await admin('keys', 'create', 'desk');
    const file = join(folder, 'monday.backup');
    const written = await admin('backup', file);
    expect(written.out).toMatch(/monday\.backup: \d+ rows of \d+ tables, 0 artifacts/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await admin('backup', file)).err).toMatch(/^BACKUP_FILE_EXISTS: /);
    expect((await admin('restore', file)).err).toContain('RESTORE_TARGET_NOT_EMPTY: ');
    const empty = await createTestDatabase({ migrated: false });
    env = { ...env, DATABASE_URL: empty.url };
    expect((await admin('restore', file)).out).toContain('Restored what was there at');
    expect((await admin('keys')).out).toMatch(/desk +accepted/);
    await empty.close();
  });

  it('says what a prune would delete, and deletes only without --dry-run', async () => {
    await database.dataSource.query(
      `insert into predictions (id, at, timeline_id, agent, version_id, version, sequence, generation, mode, inputs_sha256,
         output_names, outputs, latency_us)
       values (gen_random_uuid(), '2025-01-01', 'main', 'a', gen_random_uuid(), '1.0.0', 1, 1, 'live', '', '{p}', '{0.5}', 1)`,
    );
    expect((await admin('prune')).out).toMatch(
      /^Deleted 0 predictions .*all are kept: TIDEMARK_KEEP_PREDICTIONS_DAYS is 0/,
    );
    env = { ...env, TIDEMARK_KEEP_PREDICTIONS_DAYS: '30' };
    const planned = await admin('prune', '--dry-run');
    expect([planned.code, planned.out]).toEqual([
      0,
      expect.stringMatching(/^Would delete 1 predictions .*older than 30 days/),
    ]);
    expect(JSON.parse((await admin('prune', '--json')).out)).toMatchObject({ dryRun: false, predictions: 1 });
    expect((await admin('prune')).out).toMatch(/^Deleted 0 predictions/);
  });

  it('finds the embedded database by the file it leaves in the data folder', async () => {
    writeFileSync(join(folder, 'postgres.json'), JSON.stringify({ url: database.url, port: 1, pid: 1, home: '/x' }));
    env = { TIDEMARK_DATA_DIR: folder };
    expect((await admin('migrate')).code).toBe(0);
  });

  it('says what PostgreSQL refuses, without the password or a stack trace', async () => {
    const url = Object.assign(new URL(database.url), { password: 'hunter2' });
    env = { ...env, DATABASE_URL: url.toString() };
    for (const command of ['migrate', 'doctor']) {
      const { code, out, err } = await admin(command);
      expect(code).toBe(75);
      expect(out + err).toContain('DATABASE_LOGIN_REFUSED');
      expect(out + err).toContain('check user and password in DATABASE_URL');
      expect(out + err).not.toMatch(/hunter2|INTERNAL|\n {4}at /);
    }
  });

  it('says what to set when it knows of no database', async () => {
    env = { TIDEMARK_DATA_DIR: folder };
    const { code, err } = await admin('migrate');
    expect(code).toBe(2);
    expect(err).toMatch(/^DATABASE_URL_MISSING: /);
  });
});
