import { ensureBuilt, ensureInstalled, ensureToolchain } from './lib/bootstrap.mjs';

await ensureToolchain();
await ensureInstalled();
await ensureBuilt();
