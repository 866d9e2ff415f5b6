#!/usr/bin/env node
import { existsSync } from 'node:fs';

const EXIT_NOT_BUILT = 75;
const main = new URL('../dist/main.js', import.meta.url);

if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('CLI_NOT_BUILT: the command line is not built yet: run `npm run build`, or `npm start`.\n');
  process.exitCode = EXIT_NOT_BUILT;
}
