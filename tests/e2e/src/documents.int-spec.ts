import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Decision, Job } from '@tidemark/contracts';
import { loadPolicy } from '@tidemark/config';
import { closeDataSource, execute, openDataSource } from '@tidemark/database';
import { type DocumentedCommand, codeBlocks, commandsOf, documents, escapedBlocks } from './testing/documents.js';
import { Installation, type RunningApi } from './testing/installation.js';
import { runMainJob, versions } from './testing/jobs.js';

/** What is not run here, and what runs it instead. */
const NOT_RUN = new Map([
  ['npm start', 'scripts/ci/first-start.mjs, in a clean clone'],
  ['npm test', 'this is part of it'],
  ['npm run build', 'what is run here was made by it'],
  ['npm run check', '.ci/run'],
  ['npx tidemark admin restore FILE', 'admin.int-spec.ts, into an empty database'],
  ['npx tidemark main-job --rerun', 'main-job.int-spec.ts'],
]);
/** Bars that the shipped file no longer has. */
const NEW_BARS = `date,open,high,low,close,volume
2020-04-21,2784.81,2785.54,2727.10,2736.56,5075830000
`;
/** Goes on until it is told to end, and is told so. */
const PROCESS = /^node apps\/(api|worker|scheduler)\/dist\/main\.js$/;
/** A command that a sentence names without its arguments, or a group of them: the program itself says what is missing. */
const INCOMPLETE = /missing required argument|required option|^Usage: tidemark/m;

interface KeyList {
  readonly items: readonly { readonly id: string; readonly name: string }[];
}

const ALL = documents().flatMap(commandsOf);
/** Sentences repeat each other, and the blocks. */
const TO_RUN = ALL.filter(({ text, isBlock }, index) => {
  const same = ALL.filter((other) => other.text === text);
  return !NOT_RUN.has(text) && (isBlock || (same[0] === ALL[index] && !same.some((other) => other.isBlock)));
});

describe('what the documents tell a reader to type', () => {
  let installation: Installation;
  let api: RunningApi;

  beforeAll(async () => {
    installation = await Installation.create();
    api = await installation.startApi();
    await installation.startWorker();
    await runMainJob(api.client);
    writeFileSync(join(installation.clone(), 'my-policy.yaml'), codeBlocks('docs/policy.md', 'yaml')[0]!);
    writeFileSync(join(installation.clone(), 'new-bars.csv'), NEW_BARS);
  }, 240_000);
  afterAll(() => installation.close());

  const newest = async (path: string): Promise<string> =>
    (await api.client.get<{ items: (Decision | Job)[] }>(path)).items[0]!.id;

  async function keyNamed(name: string): Promise<string> {
    const list = JSON.parse(await installation.shell(api.port, 'npx tidemark admin keys list --json')) as KeyList;
    return list.items.filter((key) => key.name === name).at(-1)!.id;
  }

  async function sql(statement: string, parameters: readonly unknown[]): Promise<void> {
    const dataSource = await openDataSource(installation.databaseUrl);
    await execute(dataSource, statement, parameters).finally(() => closeDataSource(dataSource));
  }

  /** Words that stand for something of the reader's own, and what that is here. */
  const standIns: readonly [word: RegExp, value: () => string | Promise<string>][] = [
    // The port of `npm start`; a test takes a free one.
    [/(?<=127\.0\.0\.1:)7400/, () => String(api.port)],
    // Ids of what the commands before have made.
    [/0190a3c4-0000-8000-8000-000000000000/, () => newest('/api/v1/decisions')],
    [/(?<=jobs logs )ID/, () => newest('/api/v1/jobs')],
    [/(?<=keys (rotate|revoke) )ID/, () => keyNamed('notebook')],
    // A replay is called by the next free number.
    [/replay-1/, () => newestReplay()],
    [/3f2a9c01/, async () => (await artifact()).slice(0, 8)],
    // Capitals: the reader's choice.
    [/\bNAME\b/, () => 'market_insight'],
    [/\bSERIES FILE\b/, () => 'sp500 new-bars.csv'],
    [/\bDAY\b/, () => '2016-12-30'],
    // A whole study takes about an hour, and a small one some minutes: it is only asked for.
    [/(?<=replay study(?! --show).*)$/, () => ' --quick --detach'],
  ];

  async function newestReplay(): Promise<string> {
    const { items } = await api.client.get<{ items: { id: string }[] }>('/api/v1/timelines');
    return items
      .map(({ id }) => id)
      .filter((id) => id.startsWith('replay-'))
      .sort()
      .at(-1)!;
  }

  async function artifact(): Promise<string> {
    return (await versions(api.client, 'risk_assessor'))[0]!.artifactSha256;
  }

  /** What has to have happened before a command makes sense. */
  const before: readonly [command: RegExp, happen: () => Promise<void>][] = [
    // Only a rollback of the policy latches, and these few bars bring none about.
    [
      /latches release risk_assessor \w+/,
      async () =>
        sql(
          `insert into version_latches (timeline_id, agent, artifact_sha256, version, reason, latched_at)
           values ('main', 'risk_assessor', $1, '0.1.0', 'a rollback of the policy', now())`,
          [await artifact()],
        ),
    ],
    // Only what differs can be explained.
    [
      /reconcile explain \d/,
      async () => {
        await sql(`update bars set close = low where series = 'sp500' and event_time = $1`, ['2020-03-13']);
        const day = 'npx tidemark reconcile 2020-03-17 --agent market_insight';
        await expect(installation.shell(api.port, day)).rejects.toMatchObject({ code: 70 });
      },
    ],
  ];

  async function asHere(text: string): Promise<string> {
    let command = text;
    for (const [word, value] of standIns)
      if (word.test(command)) command = command.replaceAll(new RegExp(word, 'g'), await value());
    return command;
  }

  async function runProcess(name: string): Promise<void> {
    const start = {
      api: async () => (await installation.startApi()).process,
      worker: () => installation.startWorker(),
      scheduler: () => installation.startScheduler(),
    }[name as 'api' | 'worker' | 'scheduler'];
    expect(await (await start()).stop('SIGTERM')).toEqual({ code: 0, signal: null });
  }

  async function run({ text, isBlock }: DocumentedCommand): Promise<void> {
    for (const [command, happen] of before) if (isBlock && command.test(text)) await happen();
    const ran = installation.shell(api.port, await asHere(text));
    const output = await ran.catch((error: unknown) => {
      if (!isBlock && INCOMPLETE.test(String(error))) return 'a mention';
      throw error;
    });
    expect(output.trim()).not.toBe('');
  }

  it('is there to try, and in blocks that say so', () => {
    const blocks = ALL.filter(({ isBlock }) => isBlock);
    const silent = documents().filter((document) => /^docs\/runbooks\/(?!README)/.test(document));
    expect(silent.filter((document) => !blocks.some((command) => command.document === document))).toEqual([]);
    expect(documents().flatMap((document) => escapedBlocks(document).map((body) => [document, body]))).toEqual([]);
  });

  it('leaves out nothing that no document says any more', () => {
    expect([...NOT_RUN.keys()].filter((text) => !ALL.some((command) => command.text === text))).toEqual([]);
  });

  it.each(TO_RUN.map((command) => [command.document, command.line, command.text, command] as const))(
    '%s:%i works: %s',
    async (_document, _line, text, command) => {
      const [, name] = PROCESS.exec(text) ?? [];
      if (name !== undefined) return runProcess(name);
      // Anything else would have to be looked at before a test runs it.
      expect(text).toMatch(/^(npx tidemark|curl) /);
      return run(command);
    },
    120_000,
  );

  it.each(codeBlocks('docs/policy.md', 'yaml').map((yaml) => [/^name: (.*)$/m.exec(yaml)?.[1], yaml]))(
    'the policy %s can be read',
    (name, yaml) => {
      const file = join(installation.folder, 'shown.yaml');
      writeFileSync(file, yaml!);
      expect(loadPolicy(file).name).toBe(name);
    },
  );
});
