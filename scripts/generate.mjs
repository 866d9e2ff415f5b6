import { resolve } from 'node:path';
import { regenerate } from './check/generated.mjs';
import { ensureBuilt, ensureInstalled, ensureToolchain } from './lib/bootstrap.mjs';

await ensureToolchain();
await ensureInstalled();
await ensureBuilt();
const written = await regenerate(resolve(import.meta.dirname, '..'), { write: true });
process.stdout.write(
  written.length === 0 ? 'All generated files are up to date.\n' : `Written: ${written.join(', ')}\n`,
);
