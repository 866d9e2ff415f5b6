import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled, ensureToolchain } from './lib/bootstrap.mjs';
import { orExplain } from './lib/failure.mjs';
import { USAGE, parseStartOptions } from './lib/start-options.mjs';

// Not import.meta.dirname: too old a Node has to get as far as the check that says so.
const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

async function main() {
  // npm runs scripts in the clone; a relative path was typed in the folder the user is in.
  const from = process.env.INIT_CWD ?? process.cwd();
  const options = await orExplain(() => parseStartOptions(process.argv.slice(2), from));
  if (options.help) return say(USAGE);
  await ensureToolchain();
  await ensureInstalled();
  await ensureBuilt();
  // Loaded now because it did not exist before the build. It runs in this process: one process less to pass signals on.
  const { supervise } = await import('../apps/supervisor/dist/index.js');
  const terminal =
    process.stdin.isTTY && process.stdout.isTTY ? { input: process.stdin, output: process.stdout } : undefined;
  const code = await supervise({
    options,
    env: process.env,
    projectRoot: root,
    from,
    output: process.stdout,
    terminal,
  });
  // The last lines must be out before the process ends; kept-alive connections would otherwise delay its end.
  process.stdout.write('', () => process.exit(code));
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

// A reader that went away (`npm start | head`) must not end the processes out of order.
process.stdout.on('error', () => undefined);

await main();
