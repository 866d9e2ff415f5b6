import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AgentCatalog } from '@tidemark/config';
import { resultTableSchema, type Agent } from '@tidemark/contracts';
import { JobHandlers, type JobContext } from '@tidemark/jobs';
import { computeLabels } from '@tidemark/native';
import { buildAgent, createTestDatabase, type TestDatabase } from '@tidemark/testing';
import type { Opening } from '@tidemark/training/read';
import { ReportService } from './report.service.js';
import { TableHandler } from './table.handler.js';
import { StoredTimelines, snapshotOf } from './testing/stored-timelines.js';

const BARS = 60;
const CLOSES = Float64Array.from({ length: BARS }, (_, row) => 100 + 3 * Math.sin(row));
const SNAPSHOT = snapshotOf(CLOSES, '2016-12-01T00:00:00Z');

describe('the job table', () => {
  let database: TestDatabase;
  let dataDir: string;
  const opened: Opening[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'tidemark-table-'));
  });
  afterAll(async () => {
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** A handler for an agent whose loop predicted `bars` bars. */
  async function handlerFor(agent: Agent, bars: number): Promise<TableHandler> {
    const stored = new StoredTimelines(database.dataSource, agent, SNAPSHOT);
    const outputs = new Map([['probability', new Float64Array(BARS).fill(0.6)]]);
    const known = computeLabels(agent.label, SNAPSHOT.bars.subarray(0, bars * 6)).value;
    await stored.store({
      ...{ id: 'main', policy: { name: 'default', triggers: [] }, from: 0, labels: known, versionAt: () => '0.1.0' },
      outputs: new Map([['probability', outputs.get('probability')!.subarray(0, bars)]]),
    });
    const { reader, evaluation } = stored.services(outputs);
    const openings = { open: async (opening: Opening) => opened.push(opening) };
    const agents = new AgentCatalog([{ agent, file: '/agents/a.yaml', yaml: '', hash: '' }]);
    return new TableHandler(agents, reader, openings, evaluation, new ReportService({ dataDir }), new JobHandlers());
  }

  function contextOf(agent: string): JobContext {
    const job = { id: `job of ${agent}`, payload: { agent, timelines: { policy: 'main' } } };
    return {
      ...{ job, signal: new AbortController().signal },
      log: async () => undefined,
      progress: async () => undefined,
      fence: async () => undefined,
    } as unknown as JobContext;
  }

  it('opens the sealed bars when it measures some, and prints the number of the opening', async () => {
    const agent = buildAgent({ agent: 'opens' });
    const result = await (await handlerFor(agent, BARS)).run(contextOf('opens'));
    const table = resultTableSchema.parse(JSON.parse(JSON.stringify(result['table'])));
    expect(table).toMatchObject({ opening: 1, sealedFrom: '2017-01-01', timeline: 'main' });
    expect(opened).toMatchObject([{ agent: 'opens', jobId: 'job of opens', dataHash: table.dataHash }]);
    expect(result['report']).toBe('/reports/main/opens');
    expect(await readFile(join(dataDir, 'reports/main/opens.html'), 'utf8')).toContain('<h1>opens</h1>');
  });

  it('opens nothing for a span that ends before them', async () => {
    const before = opened.length;
    const agent = buildAgent({ agent: 'stays_out' });
    const result = await (await handlerFor(agent, 30)).run(contextOf('stays_out'));
    expect(resultTableSchema.parse(JSON.parse(JSON.stringify(result['table']))).opening).toBeUndefined();
    expect(opened).toHaveLength(before);
  });
});
