import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeApi } from '../testing/fake-api.js';
import { cli } from '../testing/cli-run.js';

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly code?: string;
  readonly message: string;
}

describe('admin doctor', () => {
  let folder: string;
  let api: FakeApi;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-doctor-'));
    mkdirSync(join(folder, 'agents'));
    api = await FakeApi.start({
      'GET /health': { body: { status: 'degraded', parts: { database: { status: 'down', message: 'away' } } } },
    });
  });

  afterEach(async () => {
    await api.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function examine(
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ code: number; err: string; checks: Map<string, Finding> }> {
    const surroundings = {
      TIDEMARK_DATA_DIR: folder,
      TIDEMARK_AGENTS_DIR: join(folder, 'agents'),
      TIDEMARK_API_URL: api.url,
      TIDEMARK_TRAINER: join(folder, 'trainer'),
      ...env,
    };
    const { code, out, err } = await cli(['admin', 'doctor', '--json'], { env: surroundings });
    const { checks } = JSON.parse(out) as { checks: Finding[] };
    return { code, err, checks: new Map(checks.map((finding) => [finding.check, finding])) };
  }

  function writeTrainer(script: string): void {
    writeFileSync(join(folder, 'trainer'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  it('runs every check although some fail, and fails at the end', async () => {
    const { code, err, checks } = await examine();
    expect([...checks.keys()]).toEqual([
      'node',
      'agents',
      'disk',
      'key file',
      'native core',
      'trainer',
      'database',
      'api',
    ]);
    expect(checks.get('node')?.ok).toBe(true);
    expect(checks.get('disk')?.ok).toBe(true);
    expect(checks.get('agents')?.code).toBe('AGENTS_NONE');
    expect(checks.get('key file')?.code).toBe('API_KEY_MISSING');
    expect(checks.get('trainer')?.code).toBe('TRAINER_MISSING');
    expect(checks.get('database')?.code).toBe('DATABASE_URL_MISSING');
    expect(checks.get('api')).toMatchObject({ ok: true, message: `${api.url} is degraded; database down: away` });
    expect(code).toBe(75);
    expect(err).toMatch(/^DOCTOR_FOUND_PROBLEMS: /);
  });

  it('accepts a trainer that refuses to work without a job, and no other program', async () => {
    writeTrainer(`echo '{"event":"failed","code":"INVALID_JOB","message":"usage"}'; exit 2`);
    expect((await examine()).checks.get('trainer')?.ok).toBe(true);
    writeTrainer('echo hello');
    expect((await examine()).checks.get('trainer')?.code).toBe('TRAINER_UNKNOWN');
  });

  it('finds a key file that others can read', async () => {
    const file = join(folder, 'api-key');
    writeFileSync(file, 'tm_x\n', { mode: 0o600 });
    expect((await examine()).checks.get('key file')?.ok).toBe(true);
    chmodSync(file, 0o640);
    const finding = (await examine()).checks.get('key file');
    expect(finding?.code).toBe('KEY_FILE_OPEN');
    expect(finding?.message).toContain('0640');
  });

  it('lists every problem of the agent files', async () => {
    writeFileSync(join(folder, 'agents', 'bad.yaml'), 'agent: Bad\nunknown: 1\n');
    const finding = (await examine()).checks.get('agents');
    expect(finding?.code).toBe('AGENT_FILE_INVALID');
    expect(finding?.message).toContain('bad.yaml:2:1');
  });

  it('says that the embedded database is not running', async () => {
    writeFileSync(
      join(folder, 'postgres.json'),
      JSON.stringify({ url: 'postgresql://tidemark:x@127.0.0.1:1/tidemark' }),
    );
    const finding = (await examine()).checks.get('database');
    expect(finding?.code).toBe('DATABASE_UNAVAILABLE');
    expect(finding?.message).toContain('npm start');
  });
});
