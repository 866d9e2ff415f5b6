import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { loadConfig } from '../../libs/config/dist/index.js';
import { createTestDatabase } from '../../libs/database/dist/testing/index.js';
import { JobStore, migrateQueue } from '../../libs/jobs/dist/index.js';
import { IngestAgentService } from '../../libs/features/market-data/dist/index.js';
import { DigestService } from '../../libs/features/replay/dist/index.js';
import { WorkerModule } from '../../apps/worker/dist/worker.module.js';

const TIMELINE = 'cut';
const POLL_MS = 200;

/** A worker on a database of its own. Artifacts are shared, so that what one has fitted the next need not fit again. */
export class Installation {
  constructor(app, database) {
    this.app = app;
    this.database = database;
  }

  /** `agents`: what the YAML files hold, as objects. */
  static async open({ folder, name, agents }) {
    const agentsDir = join(folder, name, 'agents');
    mkdirSync(agentsDir, { recursive: true });
    // JSON is YAML.
    for (const agent of agents) writeFileSync(join(agentsDir, `${agent.agent}.yaml`), JSON.stringify(agent));
    const database = await createTestDatabase({ poolSize: 2 });
    await migrateQueue(database.url);
    const config = loadConfig({
      DATABASE_URL: database.url,
      TIDEMARK_DATA_DIR: join(folder, 'data'),
      TIDEMARK_AGENTS_DIR: agentsDir,
      TIDEMARK_LOG_LEVEL: 'error',
      TIDEMARK_WORKER_HTTP_PORT: '0',
    });
    const app = await NestFactory.createApplicationContext(WorkerModule.forConfig(config), {
      logger: false,
      abortOnError: false,
    });
    return new Installation(app, database);
  }

  /** Takes the file in and replays every agent from its first bar to the last; returns the result of each. */
  async replay(agents) {
    const jobs = this.app.get(JobStore);
    for (const { agent } of agents) await this.app.get(IngestAgentService).run(agent);
    const started = [];
    for (const { agent } of agents) {
      const payload = { agent, timeline: TIMELINE, purpose: 'comparison' };
      started.push(await jobs.start({ kind: 'replay', agent, payload }));
    }
    return Promise.all(started.map(({ id }) => ended(jobs, id)));
  }

  async digest(agent, until) {
    return this.app.get(DigestService).of({ timeline: TIMELINE, agent, until });
  }

  /** Fits that the other installation has made: they depend on their inputs only, by hash. */
  async knowFitsOf(other) {
    const rows = await other.database.dataSource.query('select key, files, created_at, used_at from fit_cache');
    await this.database.dataSource.query(
      `insert into fit_cache (key, files, created_at, used_at)
       select key, files, created_at, used_at from jsonb_to_recordset($1::jsonb)
         as known (key text, files jsonb, created_at timestamptz, used_at timestamptz)`,
      [JSON.stringify(rows)],
    );
  }

  async close() {
    await this.app.close();
    await this.database.close();
  }
}

async function ended(jobs, id) {
  for (;;) {
    const { state, error, result } = await jobs.get(id);
    if (state === 'succeeded') return result;
    if (state === 'failed' || state === 'cancelled')
      throw new Error(`replay ${state}: ${error?.code} ${error?.message}`);
    await delay(POLL_MS);
  }
}
