import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRepo } from './lib/repo.mjs';
import { check } from './readme-commands.mjs';

const COMMANDS = [
  { command: 'models list', aliases: ['models'], arguments: [], options: [{ flag: '--limit', takesValue: true }] },
  {
    command: 'models show',
    aliases: [],
    arguments: [
      { name: 'name', required: true },
      { name: 'version', required: false },
    ],
    options: [{ flag: '--json', takesValue: false }],
  },
];
const PACKAGE = { scripts: { start: 'x', test: 'y', bench: 'z' } };

const problemsOf = (markdown) =>
  withRepo({ 'README.md': markdown, 'package.json': PACKAGE }, (root) => check(root, () => COMMANDS));
const inShell = (...lines) => problemsOf(['```sh', ...lines, '```', ''].join('\n'));

test('accepts commands as they are', () => {
  assert.deepEqual(
    inShell(
      'npx tidemark models --limit 2   # the newest',
      'TIDEMARK_API_KEY=x npx tidemark models show a 1.0.0 \\',
      '  --json | head -3',
      'npx tidemark --help',
      'npx tidemark models show --help',
      'npm start -- --port 7500 --no-main-job && npm run bench',
      'npm ci',
    ),
    [],
  );
});

test('refuses commands, options and arguments that do not exist', () => {
  assert.match(inShell('npx tidemark model')[0], /no such command/);
  assert.match(inShell('npx tidemark models --limits 2')[0], /no option --limits/);
  assert.match(inShell('npx tidemark models show')[0], /takes 1 argument/);
  assert.match(inShell('npx tidemark models show a 1 b')[0], /at most 2/);
  assert.match(inShell('true && npx tidemark nope')[0], /no such command/);
});

test('refuses npm scripts and flags of npm start that do not exist', () => {
  assert.match(inShell('npm run benchmark')[0], /no script benchmark/);
  assert.match(inShell('npm start -- --prot 1')[0], /--prot/);
});

test('reads commands in running text, where a group may be named', () => {
  assert.deepEqual(problemsOf('Type `npx tidemark models show` or `npx tidemark models`; see `npx tidemark …`.'), []);
  assert.match(problemsOf('Type `npx tidemark modles`.')[0], /no such command/);
});

test('leaves blocks of other languages alone', () => {
  assert.deepEqual(problemsOf('```text\nnpx tidemark nope\n```\n'), []);
});
