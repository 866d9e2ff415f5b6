import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resultTableSchema, type ResultTable } from '@tidemark/contracts';
import { execute, selectOne } from '@tidemark/database';
import { EvaluationService, type EvaluationRequest } from '@tidemark/evaluation';
import { OUTCOME_READER, type OutcomeReader } from '@tidemark/inference/read';
import { JobLeases } from '@tidemark/jobs';
import { IngestService } from '@tidemark/market-data';
import { BAR_READER, type BarReader } from '@tidemark/market-data/read';
import { VERSION_REGISTRAR, type VersionRegistrar } from '@tidemark/registry/read';
import { AgentCatalog } from '@tidemark/config';
import { JobBench, type BenchRun } from './testing/job-bench.js';
import { SEALED_BARS, SEALED_FROM, plantedAgent, storePlanted } from './testing/planted-agent.js';

const AS_OF = `${SEALED_FROM}T00:00:00Z`;
const VOLATILITY = {
  task: 'volatility',
  label: { kind: 'next_squared_return' },
  baseline: 'ewma',
  families: ['log_har'],
};

describe('the walk job and its result table', () => {
  let bench: JobBench;

  beforeAll(async () => {
    const agents = [
      ...['walked', 'interrupted', 'holed', 'doubled', 'unripe', 'in_sample'].map((agent) => plantedAgent(agent)),
      plantedAgent('risk', VOLATILITY),
      plantedAgent('empty', { sealedFrom: '2020-01-01' }),
      plantedAgent('short', { sealedFrom: '2008-10-02' }),
      plantedAgent('short_risk', { ...VOLATILITY, sealedFrom: '2008-10-04' }),
      plantedAgent('untrained'),
    ];
    bench = await JobBench.open({ agents });
    for (const { agent } of agents) await storePlanted(bench, agent);
  }, 60_000);
  afterAll(() => bench.close());

  const train = (agent: string, asOf = AS_OF): Promise<BenchRun> =>
    bench.run({ kind: 'train', payload: { agent, asOf } });
  const walk = (agent: string): Promise<BenchRun> => bench.run({ kind: 'walk', payload: { agent } });
  const tableOf = ({ result }: BenchRun): ResultTable =>
    resultTableSchema.parse(JSON.parse(JSON.stringify(result['table'])));

  async function logged(jobId: string): Promise<number> {
    const row = await selectOne<{ rows: number }>(
      bench.database.dataSource,
      'select count(*)::int as rows from predictions where job_id = $1',
      [jobId],
    );
    return row!.rows;
  }

  /** What the walk handler asks, to ask it again after the log was touched. */
  async function requestOf(agent: string, walkJobId: string): Promise<EvaluationRequest> {
    const snapshot = await bench.app.get<BarReader>(BAR_READER).fresh(agent);
    const { agent: configured } = bench.app.get(AgentCatalog).byName(agent);
    return { agent: configured, snapshot, from: snapshot.rows - SEALED_BARS, to: snapshot.rows, walkJobId, opening: 1 };
  }

  it('predicts at every sealed bar, as of the instant it became known, and tables the result', async () => {
    await train('walked');
    const run = await walk('walked');
    expect(await logged(run.jobId)).toBe(SEALED_BARS);
    const table = tableOf(run);
    expect(table).toMatchObject({ servedVersion: '1.0.0', opening: 1, span: { bars: SEALED_BARS } });
    expect(table.rows.map(({ name }) => name)).toEqual([
      'naive baseline (base_rate)',
      'hold the index',
      'logistic',
      'served: 1.0.0',
    ]);
    const [, , family, served] = table.rows;
    // The logged predictions and the registered artifact are one model: the same figures, to the last bit.
    expect({ ...served, name: '', kind: '' }).toEqual({ ...family, name: '', kind: '' });
    expect(served!.bars).toBe(SEALED_BARS - 6);
    expect([...run.context.fractions].sort((a, b) => a - b)).toEqual(run.context.fractions);
  }, 60_000);

  it('numbers every opening, and opens once per job', async () => {
    expect(tableOf(await walk('walked')).opening).toBe(2);
    const context = await bench.claim({ kind: 'walk', payload: { agent: 'walked' } });
    const first = await bench.execute(context);
    expect(await bench.execute(context)).toEqual(first);
    expect((first['table'] as ResultTable).opening).toBe(3);
  }, 60_000);

  it('goes on after the rows a lost attempt committed', async () => {
    await train('interrupted');
    const context = await bench.claim({ kind: 'walk', payload: { agent: 'interrupted' } });
    context.onProgress = async () => {
      if (context.fractions.length === 2) throw new Error('the worker died');
    };
    await expect(bench.execute(context)).rejects.toThrow('the worker died');
    const done = await logged(context.job.id);
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(SEALED_BARS);
    await execute(bench.database.dataSource, `update job_run set state = 'queued' where id = $1`, [context.job.id]);
    const next = await bench.claimNext(context.job.id, 2);
    const { table } = (await bench.execute(next)) as { table: ResultTable };
    expect(next.messages[0]).toContain(`of ${SEALED_BARS - done} bars`);
    expect(await logged(context.job.id)).toBe(SEALED_BARS);
    expect(table.opening).toBe(1);
  }, 60_000);

  it('refuses a table when one logged row is missing', async () => {
    await train('holed');
    const { jobId } = await walk('holed');
    const evaluation = bench.app.get(EvaluationService);
    await expect(evaluation.table(await requestOf('holed', jobId))).resolves.toMatchObject({ agent: 'holed' });
    await execute(
      bench.database.dataSource,
      'delete from predictions where id = (select id from predictions where job_id = $1 order by as_of offset 77 limit 1)',
      [jobId],
    );
    await expect(evaluation.table(await requestOf('holed', jobId))).rejects.toMatchObject({
      code: 'PREDICTION_LOG_INCOMPLETE',
      details: { logged: SEALED_BARS - 1, bars: SEALED_BARS, missing: 1 },
    });
  }, 60_000);

  it('refuses a table when one row is logged twice', async () => {
    await train('doubled');
    const { jobId } = await walk('doubled');
    await copyOneRow(jobId);
    const table = bench.app.get(EvaluationService).table(await requestOf('doubled', jobId));
    await expect(table).rejects.toMatchObject({ code: 'PREDICTION_LOG_INCOMPLETE', details: { missing: 0 } });
  }, 60_000);

  it('refuses a table while outcomes are behind the bars', async () => {
    await train('unripe');
    const { jobId } = await walk('unripe');
    await execute(
      bench.database.dataSource,
      `delete from outcomes where agent = 'unripe' and as_of = (select max(as_of) from outcomes where agent = 'unripe')`,
    );
    const evaluation = bench.app.get(EvaluationService);
    const request = await requestOf('unripe', jobId);
    await expect(evaluation.table(request)).rejects.toMatchObject({ code: 'OUTCOMES_INCOMPLETE' });
    expect(await bench.app.get<OutcomeReader>(OUTCOME_READER).mature('unripe')).toBe(1);
    await expect(evaluation.table(request)).resolves.toMatchObject({ agent: 'unripe' });
  }, 60_000);

  it('tables breaches of the value at risk for a volatility agent', async () => {
    await train('risk');
    const table = tableOf(await walk('risk'));
    expect(table).toMatchObject({ loss: 'qlike', servedVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
    for (const row of table.rows) {
      expect(row).toMatchObject({ expectedBreaches: (SEALED_BARS - 1) / 100 });
      expect(row.hitRate).toBeUndefined();
    }
  }, 60_000);

  it('says so when what served was fitted on bars of the sealed span', async () => {
    await train('in_sample');
    await train('in_sample', '2009-01-01T00:00:00Z');
    const registrar = bench.app.get<VersionRegistrar>(VERSION_REGISTRAR);
    await registrar.promote({ model: 'in_sample', version: '1.1.0', actor: 'desk', override: 'trial' });
    const { verdict, servedVersion } = tableOf(await walk('in_sample'));
    expect(servedVersion).toBe('1.1.0');
    expect(verdict[0]).toMatch(/^Not out of sample: 1\.1\.0, logistic/);
  }, 60_000);

  it.each(['short', 'short_risk'])(
    'leaves out what a span of a few bars cannot tell: %s',
    async (agent) => {
      const { sealedFrom } = bench.app.get(AgentCatalog).byName(agent).agent;
      await train(agent, `${sealedFrom}T00:00:00Z`);
      const table = tableOf(await walk(agent));
      for (const row of table.rows.filter(({ kind }) => kind !== 'hold')) expect(row.deltaT).toBeUndefined();
      expect(table.rows[0]!.loss).toBeUndefined();
    },
    60_000,
  );

  it('refuses to walk a span without bars, and an agent without a served version', async () => {
    await expect(walk('empty')).rejects.toMatchObject({ code: 'SEALED_SPAN_EMPTY', family: 'caller' });
    await expect(walk('untrained')).rejects.toMatchObject({ code: 'NOT_READY' });
  });

  it('walks through a restated bar as of the instant it first became known', async () => {
    const before = tableOf(await walk('walked'));
    const { asOf, outputs } = await loggedAt('walked', 50);
    const bar = { open: 100, high: 101, low: 99, close: 100, volume: 1 };
    await bench.app.get(IngestService).post('walked', [{ time: asOf.toISOString(), ...bar }]);
    const after = tableOf(await walk('walked'));
    expect(after.dataHash).not.toBe(before.dataHash);
    // What was predicted then did not know the restatement.
    expect(await loggedAt('walked', 50)).toEqual({ asOf, outputs });
  }, 60_000);

  it('refuses to walk through a bar that came late', async () => {
    const late = { time: '2008-05-01T12:00:00Z', open: 100, high: 101, low: 99, close: 100, volume: 1 };
    await bench.app.get(IngestService).post('interrupted', [late]);
    await expect(walk('interrupted')).rejects.toMatchObject({ code: 'WALK_BARS_NOT_KNOWN_IN_ORDER' });
  });

  it('writes nothing for an attempt that has lost its lease', async () => {
    const context = await bench.claim({ kind: 'walk', payload: { agent: 'holed' } });
    await bench.app.get(JobLeases).release(context.lease);
    await expect(bench.execute(context)).rejects.toMatchObject({ code: 'JOB_LEASE_LOST' });
    expect(await logged(context.job.id)).toBe(0);
  });

  /** The prediction of the agent's newest walk at the nth bar. */
  async function loggedAt(agent: string, nth: number): Promise<{ asOf: Date; outputs: number[] }> {
    const row = await selectOne<{ as_of: Date; outputs: number[] }>(
      bench.database.dataSource,
      `select as_of, outputs from predictions
       where job_id = (select id from job_run where agent = $1 and kind = 'walk' order by created_at desc limit 1)
       order by as_of offset $2 limit 1`,
      [agent, nth],
    );
    return { asOf: row!.as_of, outputs: row!.outputs };
  }

  async function copyOneRow(jobId: string): Promise<void> {
    const { columns } = (await selectOne<{ columns: string }>(
      bench.database.dataSource,
      `select string_agg(column_name, ', ' order by ordinal_position) as columns from information_schema.columns
       where table_name = 'predictions' and column_name <> 'id'`,
    ))!;
    await execute(
      bench.database.dataSource,
      `insert into predictions (id, ${columns})
       select gen_random_uuid(), ${columns} from predictions where job_id = $1 order by as_of limit 1`,
      [jobId],
    );
  }
});
