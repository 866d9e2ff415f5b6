import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled, ensureToolchain } from './lib/bootstrap.mjs';
import { runCargo, runJest, runScripts } from './test/runners.mjs';
import { explainSkips } from './test/skips.mjs';
import { removeStaleOutputs } from './test/stale-outputs.mjs';
import { addTallies } from './test/tally.mjs';

const USAGE = `npm test -- [--only rust|ts] [pattern…]

Sets up what \`npm start\` sets up, then runs all tests. A pattern is part of a Rust test's name or of a spec file's path.`;

// Not import.meta.dirname: too old a Node has to get as far as the check that says so.
const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const RUNNERS = {
  rust: [['Rust', runCargo]],
  ts: [
    ['scripts', runScripts],
    ['TypeScript', runJest],
  ],
};

async function main() {
  const { values, positionals } = parseArgs({
    options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) return say(USAGE);
  if (values.only !== undefined && !(values.only in RUNNERS))
    throw new Error(`--only takes rust or ts, not ${values.only}`);
  await ensureToolchain();
  await ensureInstalled();
  await ensureBuilt();
  removeStaleOutputs(root);
  const tallies = [];
  for (const [name, run] of values.only ? RUNNERS[values.only] : Object.values(RUNNERS).flat()) {
    say(`\n── ${name} tests`);
    tallies.push(await run(root, positionals));
  }
  report(addTallies(tallies));
}

function report({ passed, failed, skipped }) {
  const explained = explainSkips(skipped);
  if (explained.length > 0) say(`\n${explained.length} skipped`);
  for (const { name, reason } of explained) say(`  SKIPPED ${name}: ${reason}`);
  const unexpected = process.env.CI ? explained.filter(({ expected }) => !expected) : [];
  if (unexpected.length > 0)
    say(`${unexpected.length} of them are not announced in scripts/test/skips.mjs: that fails in CI`);
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || unexpected.length > 0 ? 1 : 0;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

await main();
