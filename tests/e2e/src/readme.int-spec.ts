import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '@tidemark/config';
import { Installation, type RunningApi } from './testing/installation.js';
import { runMainJob } from './testing/jobs.js';

const README = readFileSync(join(repositoryRoot(), 'README.md'), 'utf8');
/** Address the README's examples talk to, which is that of `npm start`. */
const SHOWN_ADDRESS = 'http://127.0.0.1:7400';

/** Commands in the README's shell blocks, continued lines joined and comments taken off. */
function commands(): string[] {
  const blocks = [...README.matchAll(/```sh\n(.*?)```/gs)].map((match) => match[1]!);
  return blocks
    .join('\n')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');
}

describe('the README', () => {
  let installation: Installation;
  let api: RunningApi;

  beforeAll(async () => {
    installation = await Installation.create();
    api = await installation.startApi();
    await installation.startWorker();
    await runMainJob(api.client);
  }, 120_000);
  afterAll(() => installation.close());

  it('has commands to try', () => {
    expect(commands().filter((command) => command.startsWith('npx tidemark')).length).toBeGreaterThan(5);
    expect(commands().filter((command) => command.startsWith('curl')).length).toBeGreaterThan(0);
  });

  it.each(commands().filter((command) => command.startsWith('npx tidemark')))(
    'shows a command that works: %s',
    async (command) => {
      const output = await installation.cli(api.port, command.split(/\s+/).slice(2));
      expect(output.trim()).not.toBe('');
    },
    60_000,
  );

  it.each(commands().filter((command) => command.startsWith('curl')))(
    'shows a call that works: %s',
    async (command) => {
      const here = command
        .replaceAll(SHOWN_ADDRESS, `http://127.0.0.1:${api.port}`)
        .replaceAll('.tidemark/api-key', join(installation.dataDir, 'api-key'));
      const { stdout } = await promisify(execFile)('bash', ['-c', here]);
      expect(JSON.parse(stdout)).toMatchObject({ agent: 'market_insight', asOf: expect.any(String) as unknown });
    },
  );
});
