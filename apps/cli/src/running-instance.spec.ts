import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startToken } from '@tidemark/embedded-postgres';
import { FakeApi } from './testing/fake-api.js';
import { cli, type CliResult } from './testing/cli-run.js';

/** Where nobody listens: a privileged port that nothing in a test takes. */
const NOBODY = 'http://127.0.0.1:1';

describe('the address of the API', () => {
  let folder: string;
  let api: FakeApi;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-instance-'));
    api = await FakeApi.start({ 'GET /api/v1/models': { body: { items: [] } } });
  });

  afterEach(async () => {
    await api.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const models = (env: NodeJS.ProcessEnv = {}): Promise<CliResult> =>
    cli(['models'], { env: { TIDEMARK_DATA_DIR: folder, TIDEMARK_API_KEY: 'tm_test', ...env } });
  const leave = (text: string): void => writeFileSync(join(folder, 'supervisor.json'), text);
  const state = (changes: object = {}): string =>
    JSON.stringify({ pid: process.pid, startToken: startToken(process.pid), apiUrl: api.url, ...changes });

  it('is that of the instance that runs on the data folder', async () => {
    leave(state());
    expect((await models()).code).toBe(0);
    expect(api.requests).toHaveLength(1);
  });

  it.each(['TIDEMARK_API_URL', 'TIDEMARK_HOST', 'TIDEMARK_PORT'])(
    'is not looked up when %s is set',
    async (variable) => {
      leave(state());
      const elsewhere = { TIDEMARK_API_URL: NOBODY, TIDEMARK_HOST: '127.0.0.9', TIDEMARK_PORT: '1' }[variable];
      const { code, err } = await models({ [variable]: elsewhere });
      expect(code).toBe(75);
      expect(err).toContain(`No answer from ${variable === 'TIDEMARK_HOST' ? 'http://127.0.0.9:7400' : NOBODY}`);
      expect(api.requests).toHaveLength(0);
    },
  );

  it.each([
    ['of a process that is gone', () => state({ pid: 2 ** 22 + 1 })],
    ['of an earlier process with the same pid', () => state({ startToken: 'before' })],
    ['of an older version, without a token', () => state({ startToken: undefined })],
    ['that names no HTTP address', () => state({ apiUrl: 'file:///etc/passwd' })],
    ['cut short by a crash', () => state().slice(0, -5)],
  ])('is not read in a file %s', async (_name, text) => {
    leave(text());
    await models();
    expect(api.requests).toHaveLength(0);
  });
});
