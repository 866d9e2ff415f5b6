import { createWriteStream, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalArtifactStore } from '@tidemark/artifacts';
import { execute, knownMigrations, migrate, migrateUpTo, selectRows } from '@tidemark/database';
import { createTestDatabase, type TestDatabase } from '@tidemark/testing';
import { appliedMigrations, tablesInOrder } from './catalog.js';
import { restoreBackup, type RestoreReport } from './restore-backup.js';
import { writeBackup, type BackupReport } from './write-backup.js';

const AT = new Date('2026-01-02T03:04:05Z');
const JOB = '018f0000-0000-7000-8000-000000000001';

describe('a backup', () => {
  let source: TestDatabase;
  let folder: string;
  let path: string;

  beforeAll(async () => {
    source = await createTestDatabase();
    await fill(source);
  });
  afterAll(() => source.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-backup-'));
    path = join(folder, 'backup.tidemark');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const artifacts = (name: string): LocalArtifactStore => new LocalArtifactStore(join(folder, name));

  async function backUp(from: TestDatabase = source): Promise<BackupReport> {
    await artifacts('source').put(new Uint8Array(200_000).fill(7));
    await artifacts('source').put(new Uint8Array(0));
    const parts = { dataSource: from.dataSource, artifacts: artifacts('source'), at: AT };
    return writeBackup({ ...parts, target: createWriteStream(path) });
  }

  /** Restores into a database without a table and looks at it. */
  async function restored<T>(look: (target: TestDatabase, report: RestoreReport) => Promise<T>): Promise<T> {
    const target = await createTestDatabase({ migrated: false });
    try {
      const parts = { dataSource: target.dataSource, artifacts: artifacts('target'), path };
      return await look(target, await restoreBackup(parts));
    } finally {
      await target.close();
    }
  }

  it('brings an empty server to the same content, row for row and number for number', async () => {
    const written = await backUp();
    expect(written).toMatchObject({ artifacts: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const before = await contentOf(source);
    await restored(async (target, report) => {
      expect(report).toEqual({
        at: AT.toISOString(),
        tables: written.tables,
        rows: written.rows,
        artifacts: 2,
        migrated: [],
      });
      expect(await contentOf(target)).toEqual(before);
      expect(await appliedMigrations(target.dataSource)).toEqual(knownMigrations());
      const added = `insert into bars (series, event_time, known_at, open, high, low, close, volume, source)
        values ('s', '2020-02-01', '2020-02-02', 1, 1, 1, 1, 1, 'x') returning row_id`;
      expect(await selectRows(target.dataSource, added)).toEqual([{ row_id: '4' }]);
    });
  });

  it('keeps artifacts under their names', async () => {
    await backUp();
    const names = await all(artifacts('source').list());
    await restored(async () => {
      expect(await all(artifacts('target').list())).toEqual(names);
      for (const name of names) await artifacts('target').pathOf(name);
    });
  });

  it('of an earlier version becomes this one', async () => {
    const [first, ...later] = knownMigrations();
    const old = await createTestDatabase({ migrated: false });
    try {
      await migrateUpTo(old.dataSource, [first!]);
      await execute(old.dataSource, `insert into models (name, task, created_at) values ('m', 'direction', now())`);
      await backUp(old);
      await restored(async (target, report) => {
        expect(report.migrated).toEqual(later);
        expect(await selectRows(target.dataSource, 'select name from models')).toEqual([{ name: 'm' }]);
        expect(await selectRows(target.dataSource, 'select timeline_id from live_pointer')).toEqual([
          { timeline_id: 'main' },
        ]);
      });
    } finally {
      await old.close();
    }
  });

  it('is refused, and nothing written, when a byte of it differs or its end is missing', async () => {
    await backUp();
    const whole = readFileSync(path);
    const plain = gunzipSync(whole);
    const spots = [4, 60, 400, plain.length - 30];
    for (const spot of spots) {
      const damaged = Buffer.from(plain);
      damaged[spot]! ^= 1;
      writeFileSync(path, gzipSync(damaged));
      await expectRefused();
    }
    writeFileSync(path, whole);
    truncateSync(path, Math.floor(whole.length / 2));
    await expectRefused();
    writeFileSync(path, 'no backup at all');
    await expectRefused();
  });

  async function expectRefused(): Promise<void> {
    const target = await createTestDatabase({ migrated: false });
    try {
      const parts = { dataSource: target.dataSource, artifacts: artifacts('target'), path };
      await expect(restoreBackup(parts)).rejects.toMatchObject({ code: expect.stringMatching(/^BACKUP_/) });
      expect(await selectRows(target.dataSource, `select 1 from pg_class where relname = 'bars'`)).toEqual([]);
    } finally {
      await target.close();
    }
  }

  it('is not written over a database that holds something', async () => {
    await backUp();
    const target = await createTestDatabase();
    try {
      await migrate(target.dataSource);
      const parts = { dataSource: target.dataSource, artifacts: artifacts('target'), path };
      await expect(restoreBackup(parts)).rejects.toMatchObject({ code: 'RESTORE_TARGET_NOT_EMPTY' });
    } finally {
      await target.close();
    }
  });
});

async function fill({ dataSource }: TestDatabase): Promise<void> {
  await execute(
    dataSource,
    `insert into bars (series, event_time, known_at, open, high, low, close, volume, source)
     select 's', timestamptz '2020-01-01' + n * interval '1 day', timestamptz '2020-01-02' + n * interval '1 day',
       0.1 + n, 3e300, 5e-324, 1.0 / 3, 1e16 + n, e'tab\\there \\\\ and "quotes"' from generate_series(1, 3) as n`,
  );
  await execute(dataSource, `insert into models (name, task, created_at) values ('m', 'direction', '2020-01-01')`);
  await execute(
    dataSource,
    `insert into job_run (id, kind, agent, payload, state, max_attempts, created_at)
     values ($1, 'train', 'm', '{"a": [1, null, "ü\\n"]}', 'queued', 3, '2020-01-01')`,
    [JOB],
  );
  await execute(
    dataSource,
    `insert into job_log (job_id, at, level, message) values ($1, '2020-01-01', 'info', 'line')`,
    [JOB],
  );
}

async function contentOf({ dataSource }: TestDatabase): Promise<Record<string, unknown[]>> {
  const content: Record<string, unknown[]> = {};
  for (const { table } of await tablesInOrder(dataSource)) {
    const rows = await selectRows<{ row: string }>(dataSource, `select t::text as row from "${table}" t order by 1`);
    content[table] = rows.map(({ row }) => row);
  }
  return content;
}

async function all(names: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = [];
  for await (const name of names) list.push(name);
  return list;
}
