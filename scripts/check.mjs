import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { regenerate } from './check/generated.mjs';
import { runConventions } from './checks/run.mjs';
import { ensureBuilt, ensureInstalled, ensureToolchain } from './lib/bootstrap.mjs';
import { removeStaleOutputs } from './test/stale-outputs.mjs';

const USAGE = `npm run check -- [--only name[,name…]]

Everything CI checks except the tests. Names: format, lint, conventions, unused, rustfmt, clippy, generated, clean.
\`npm run format\` mends the format, \`npm run generate\` the generated files.`;

const root = resolve(import.meta.dirname, '..');
const CLIPPY = ['clippy', '--release', '--workspace', '--all-targets', '--quiet', '--', '-D', 'warnings'];

/** In the order of what they cost; each returns the text to show, empty when all is well. */
const STEPS = {
  format: () => node('prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']),
  conventions: describeConventions,
  rustfmt: () => command('cargo', ['fmt', '--all', '--check']),
  unused: () => node('knip/bin/knip.js', ['--no-config-hints']),
  lint: () => node('eslint/bin/eslint.js', ['--max-warnings', '0', '.']),
  clippy: () => command('cargo', CLIPPY),
  generated: describeStale,
  clean: describeChanges,
};

async function main() {
  const { values } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) return say(USAGE);
  const names = values.only?.split(',') ?? Object.keys(STEPS);
  const unknown = names.filter((name) => !(name in STEPS));
  if (unknown.length > 0) throw new Error(`there is no check named ${unknown.join(', ')}\n${USAGE}`);
  await ensureToolchain();
  await ensureInstalled();
  await ensureBuilt();
  removeStaleOutputs(root);
  const failed = [];
  for (const name of names) if (!(await runStep(name))) failed.push(name);
  say(
    failed.length === 0
      ? `\nAll ${names.length} checks passed.`
      : `\n${failed.length} of ${names.length} failed: ${failed.join(', ')}`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
}

async function runStep(name) {
  const began = performance.now();
  const problems = (await problemsOf(name)).trim();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  say(`${problems === '' ? 'ok    ' : 'FAILED'}  ${name.padEnd(12)} ${seconds.padStart(6)} s`);
  if (problems !== '') say(problems);
  return problems === '';
}

/** A check that cannot be made has not been passed. */
async function problemsOf(name) {
  try {
    return await STEPS[name]();
  } catch (error) {
    return error.message;
  }
}

function node(script, args) {
  return command(process.execPath, [resolve(root, 'node_modules', script), ...args]);
}

function command(name, args) {
  const { status, stdout, stderr, error } = spawnSync(name, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined) return `${name}: ${error.message}`;
  return status === 0 ? '' : `${stdout}${stderr}` || `${name} ended with status ${status}`;
}

async function describeConventions() {
  const problems = await runConventions(root);
  return Object.entries(problems)
    .flatMap(([name, lines]) => lines.map((line) => `${name}: ${line}`))
    .join('\n');
}

async function describeStale() {
  const stale = await regenerate(root, { write: false });
  return stale.map((file) => `${file} is not what its source gives: npm run generate`).join('\n');
}

/** Last and only in CI, where the clone was clean: nothing above may have written into the repository. */
function describeChanges() {
  if (!process.env.CI) return '';
  const { stdout } = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
  return stdout;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

await main();
