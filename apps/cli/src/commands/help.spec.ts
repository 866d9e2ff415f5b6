import { describe, expect, it } from '@jest/globals';
import { cli } from '../testing/cli-run.js';
import type { CatalogueEntry } from './catalogue.commands.js';

const { out } = await cli(['commands', '--json']);
const commands = JSON.parse(out) as CatalogueEntry[];

describe('the command tree', () => {
  it.each(commands.map(({ command }) => command))(
    'explains `%s` with an example and offers --json',
    async (command) => {
      const help = await cli([...command.split(' '), '--help']);
      expect(help.code).toBe(0);
      expect(help.out).toContain(`npx tidemark ${command.replace(/ list$/, '')}`);
      expect(help.out).toMatch(/^Examples?:$/m);
      expect(commands.find((entry) => entry.command === command)?.options).toContainEqual({
        flag: '--json',
        takesValue: false,
      });
    },
  );

  it('pages every list that the API pages', () => {
    const lists = commands.filter(
      ({ command }) => /( list|versions|deployments| logs|^outcomes)$/.test(command) && !command.startsWith('admin'),
    );
    expect(lists).toHaveLength(12);
    for (const { options } of lists) {
      expect(options.map(({ flag }) => flag)).toEqual(expect.arrayContaining(['--limit', '--cursor']));
    }
  });

  it.each([
    [['nope']],
    [['models', 'nope']],
    [['models', '--nope']],
    [['models', 'show']],
    [['models', 'show', 'Upper']],
    [['models', 'stage', 'a', '1', 'Production']],
    [['jobs', 'list', '--limit', '0']],
    [['jobs', 'show', 'not-an-id']],
    [['predict', 'a', '--as-of', 'yesterday']],
    [['ai', 'retrain', 'a', '--families', 'oracle']],
  ])('refuses %j before asking anybody', async (args) => {
    const refused = await cli(args);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/^USAGE_INVALID: /);
  });

  it.each([
    [['freeze', 'a', '--reason', 'x'], /option '--reason <reason>' .*expected at least 3 characters, got 1\n/],
    [['jobs', '--state', 'done'], /option '--state <state>' .*expected one of .*failed/],
  ])('says which option is wrong in %j, and what is expected', async (args, message) => {
    expect((await cli(args)).err).toMatch(message);
  });

  it('keeps --version of predict apart from the version of the program', async () => {
    expect((await cli(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await cli(['predict', '--help']);
    expect(help.out).toContain('--version <version>');
  });
});
