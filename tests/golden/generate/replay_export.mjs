import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import startPostgres from '../../../scripts/jest/start-postgres.mjs';
import stopPostgres from '../../../scripts/jest/stop-postgres.mjs';
import { OracleReplay } from '../../../apps/worker/dist/testing/oracle-replay.js';

/**
 * Writes what the replays of apps/worker/src/replay.oracle.int-spec.ts were given and what they left, for replay.py.
 * Usage, from the repository root, built: node tests/golden/generate/replay_export.mjs FILE
 */
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Usage: node tests/golden/generate/replay_export.mjs FILE');
await startPostgres();
try {
  const replay = await OracleReplay.open();
  const agents = {};
  for (const name of ['market_insight', 'risk_assessor']) {
    agents[name] = await replay.run(name);
  }
  await replay.close();
  writeFileSync(file, JSON.stringify(agents));
} finally {
  await stopPostgres();
}
