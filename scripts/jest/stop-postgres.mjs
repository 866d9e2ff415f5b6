import { rmSync } from 'node:fs';

/** Ends what start-postgres began and removes its files. */
export default async function stopPostgres() {
  const started = globalThis.tidemarkTestServer;
  if (started === undefined) return;
  await started.server.stop();
  await started.eraseCluster(started.options);
  rmSync(started.folder, { recursive: true, force: true });
}
