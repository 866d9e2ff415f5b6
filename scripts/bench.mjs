import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, ensureInstalled, ensureToolchain } from './lib/bootstrap.mjs';

const root = resolve(import.meta.dirname, '..');
const FOLDER = join(root, 'scripts/bench');
const BENCHES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.mjs') && !file.endsWith('.test.mjs'))
  .map((file) => file.slice(0, -'.mjs'.length))
  .sort();

const USAGE = `npm run bench -- [--quick] [name…]

Measures against the peers and prints ratios. Names: ${BENCHES.join(', ')}.
--quick takes fewer repetitions: enough to see that a bench works, too few to quote.`;

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !BENCHES.includes(name));
if (values.help || unknown.length > 0) {
  process.stdout.write(`${unknown.length > 0 ? `There is no bench named ${unknown.join(', ')}.\n` : ''}${USAGE}\n`);
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  await ensureToolchain();
  await ensureInstalled();
  await ensureBuilt();
  const failed = (positionals.length > 0 ? positionals : BENCHES).filter((name) => !run(name));
  if (failed.length > 0) process.stdout.write(`Failed: ${failed.join(', ')}\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

function run(name) {
  process.stdout.write(`\n── ${name}\n`);
  const script = join(FOLDER, `${name}.mjs`);
  return (
    spawnSync(process.execPath, [script, ...(values.quick ? ['--quick'] : [])], { cwd: root, stdio: 'inherit' })
      .status === 0
  );
}
