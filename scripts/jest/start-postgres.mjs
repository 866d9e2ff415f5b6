import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EmbeddedPostgres, eraseCluster } from '../../libs/embedded-postgres/dist/index.js';
import stopPostgres from './stop-postgres.mjs';

/**
 * One real PostgreSQL for the whole run; the suites clone their databases from it. A server of your own serves as well:
 * with TIDEMARK_TEST_DATABASE_URL set (a role that may create databases) none is started. The server is detached, so an
 * interrupted run has to end it too.
 */
export default async function startPostgres() {
  if (process.env.TIDEMARK_TEST_DATABASE_URL) return;
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-test-'));
  chmodSync(folder, 0o755);
  const options = {
    dataDir: join(folder, 'data'),
    projectRoot: resolve(import.meta.dirname, '../..'),
    systemDir: join(folder, 'system'),
    durable: false,
  };
  const server = new EmbeddedPostgres(options);
  globalThis.tidemarkTestServer = { server, options, folder, eraseCluster };
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void stopPostgres().finally(() => process.exit(1)));
  const { url } = await server.start();
  process.env.TIDEMARK_TEST_DATABASE_URL = url;
}
