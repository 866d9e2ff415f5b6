import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '@tidemark/config';
import { Installation, type RunningApi } from './testing/installation.js';
import { runMainJob } from './testing/jobs.js';

const ROOT = repositoryRoot();
const README = 'README.md';
const RUNBOOKS = readdirSync(join(ROOT, 'docs/runbooks'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/runbooks/${name}`);
/** Address the README's examples talk to, which is that of `npm start`. */
const SHOWN_ADDRESS = 'http://127.0.0.1:7400';
/** Words that stand for something of the reader's own: a file, an id, a timeline that a replay would make. */
const PLACEHOLDER = /\b(my-[a-z-]+\.yaml|[0-9a-f]{8}(-[0-9a-f-]+)?|replay-\d+)\b/;

/** Commands in a document's shell blocks, continued lines joined and comments taken off. */
function commands(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/^ *```sh\n(.*?)```/gms)]
    .map((match) => match[1]!)
    .join('\n')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');
}

const calls = (document: string): string[] =>
  commands(document).filter((line) => line.startsWith('npx tidemark') && !PLACEHOLDER.test(line));

/** Words of a command, with those in quotes as one. */
function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

describe('what the documents tell a reader to type', () => {
  let installation: Installation;
  let api: RunningApi;

  beforeAll(async () => {
    installation = await Installation.create();
    api = await installation.startApi();
    await installation.startWorker();
    await runMainJob(api.client);
  }, 240_000);
  afterAll(() => installation.close());

  const run = (command: string): Promise<string> => installation.cli(api.port, words(command).slice(2));

  it('is there to try', () => {
    expect(calls(README).length).toBeGreaterThan(5);
    expect(commands(README).filter((command) => command.startsWith('curl')).length).toBeGreaterThan(0);
    expect(calls('docs/policy.md').length).toBeGreaterThan(5);
    // All but the index of the runbooks show what to look at.
    expect(RUNBOOKS.filter((document) => calls(document).length === 0)).toEqual(['docs/runbooks/README.md']);
  });

  it.each([README, 'docs/policy.md'].flatMap((document) => calls(document).map((command) => [document, command])))(
    '%s shows a command that works: %s',
    async (_document, command) => {
      expect((await run(command)).trim()).not.toBe('');
    },
    60_000,
  );

  it.each([...new Set(RUNBOOKS.flatMap(calls))])(
    'a runbook shows a command that works: %s',
    async (command) => {
      expect((await run(command)).trim()).not.toBe('');
    },
    60_000,
  );

  it.each(commands(README).filter((command) => command.startsWith('curl')))(
    'the README shows a call that works: %s',
    async (command) => {
      const here = command
        .replaceAll(SHOWN_ADDRESS, `http://127.0.0.1:${api.port}`)
        .replaceAll('.tidemark/api-key', join(installation.dataDir, 'api-key'));
      const { stdout } = await promisify(execFile)('bash', ['-c', here]);
      expect(JSON.parse(stdout)).toMatchObject({ agent: 'market_insight', asOf: expect.any(String) as unknown });
    },
  );
});
