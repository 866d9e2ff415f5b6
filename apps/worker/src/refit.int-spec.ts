import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GateEvidence, ModelVersion } from '@tidemark/contracts';
import { execute, selectRows } from '@tidemark/database';
import { inWorld } from '@tidemark/kernel';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import { SMALL_VALIDATION, stepClock } from '@tidemark/testing';
import { JobBench, type BenchRun } from './testing/job-bench.js';
import { plantedAgent, storePlanted } from './testing/planted-agent.js';

const DAY_MS = 86_400_000;
/** Bar 0 of a planted market; a bar a day, known a day later. */
const FIRST_DAY = Date.parse('2000-01-01T00:00:00Z');

/** The instant from which bar `index` is known. */
function knownAt(index: number): string {
  return new Date(FIRST_DAY + (index + 1) * DAY_MS).toISOString();
}

const FIRST = knownAt(2_800);
/** Models that answer only from bar 510 on. */
const RISKY = {
  task: 'volatility',
  label: { kind: 'next_squared_return' },
  baseline: 'ewma',
  families: ['log_har'],
  validation: SMALL_VALIDATION,
};
const TIMELINE = 'replay-2';

/** A market with a planted signal, trained once as a new recipe that passes the gate, then refitted. */
describe('refits', () => {
  let bench: JobBench;
  let catalog: VersionCatalog;

  beforeAll(async () => {
    const agents = ['market', 'young', 'idle', 'sealed', 'newer', 'ungated'].map((agent) => plantedAgent(agent));
    const risky = plantedAgent('risky', RISKY);
    bench = await JobBench.open({ agents: [...agents, risky] });
    await storePlanted(bench, 'risky');
    catalog = bench.app.get<VersionCatalog>(VERSION_CATALOG);
    for (const { agent } of agents) await storePlanted(bench, agent);
    await execute(
      bench.database.dataSource,
      `insert into timelines (id, purpose, created_at) values ($1, 'replay', now())`,
      [TIMELINE],
    );
  }, 60_000);
  afterAll(() => bench.close());

  const train = (agent: string, payload: Record<string, unknown>): Promise<BenchRun> =>
    bench.run({ kind: 'train', payload: { agent, ...payload } });
  const refit = (agent: string, asOf: string, payload: Record<string, unknown> = {}): Promise<BenchRun> =>
    train(agent, { mode: 'refit', asOf, ...payload });
  const production = async (agent: string): Promise<ModelVersion> => (await catalog.production(agent))!;

  it('is the serving recipe on all matured rows, and promoted when it is not shown to be worse', async () => {
    await train('market', { asOf: FIRST });
    const before = await production('market');
    expect(before).toMatchObject({ version: '1.0.0', family: 'logistic' });
    // A margin that a refit of the same recipe on some more bars keeps for sure.
    const { result, jobId } = await refit('market', knownAt(2_900), { margin: 0.5 });
    expect(result).toMatchObject({ version: '1.1.0', family: 'logistic', mode: 'refit', promoted: true, fits: 2 });
    const gate = result['gate'] as GateEvidence;
    expect(gate).toMatchObject({
      rule: 'non_inferiority',
      passed: true,
      margin: 0.5,
      bars: 63,
      sanity: [],
      refit: { sha256: result['artifactSha256'] },
      incumbent: { sha256: before.artifactSha256, version: '1.0.0' },
      test: { status: 'ok', n: 63 },
    });
    expect(gate.upperBound).toBeLessThanOrEqual(0.5);
    expect(gate.candidate!.sha256).not.toBe(gate.refit!.sha256);
    const runs = await selectRows<{ artifact_sha256: string }>(
      bench.database.dataSource,
      'select artifact_sha256 from model_runs where job_id = $1 order by started_at, id',
      [jobId],
    );
    expect(runs.map((run) => run.artifact_sha256)).toEqual([gate.candidate!.sha256, gate.refit!.sha256]);
    expect((await production('market')).artifactSha256).toBe(gate.refit!.sha256);
  }, 60_000);

  it('of a volatility model is looked at on bars it can answer on, where there are few', async () => {
    const replayed = { timeline: TIMELINE, gate: 'none' };
    await train('risky', { asOf: knownAt(1_300), ...replayed });
    const { result } = await refit('risky', knownAt(1_400), replayed);
    expect(result).toMatchObject({ family: 'log_har', mode: 'refit', promoted: true, gate: { sanity: [] } });
  }, 60_000);

  it('without a gate is fitted once and compared with nothing', async () => {
    const replayed = { timeline: TIMELINE, gate: 'none' };
    await train('ungated', { asOf: FIRST, ...replayed });
    const { result, jobId } = await refit('ungated', knownAt(2_900), replayed);
    const sha256 = result['artifactSha256'] as string;
    expect(result).toMatchObject({ version: '1.1.0', promoted: true, fits: 1 });
    expect(result['gate']).toEqual({
      rule: 'none',
      passed: true,
      reason: 'no gate: nothing was compared',
      bars: 0,
      loss: 'log_loss',
      refit: { sha256 },
      sanity: [],
    });
    const runs = await selectRows(
      bench.database.dataSource,
      'select artifact_sha256 from model_runs where job_id = $1',
      [jobId],
    );
    expect(runs).toEqual([{ artifact_sha256: sha256 }]);
  }, 60_000);

  it('compares only bars after the serving version’s rows, and not with fewer than twenty', async () => {
    await train('young', { asOf: FIRST });
    const soon = await refit('young', knownAt(2_819), { margin: 0.5 });
    expect(soon.result).toMatchObject({ promoted: false, gate: { passed: false, bars: 19 } });
    expect((soon.result['gate'] as GateEvidence).reason).toContain('has not seen');
    const later = await refit('young', knownAt(2_840), { margin: 0.5 });
    expect(later.result).toMatchObject({ promoted: true, gate: { passed: true, bars: 40 } });
  }, 60_000);

  it('refuses to refit what has nothing to fit', async () => {
    const code = { code: 'REFIT_OF_BASELINE', family: 'caller' };
    await expect(refit('idle', FIRST)).rejects.toMatchObject(code);
    await train('idle', { asOf: FIRST, families: ['base_rate'] });
    await expect(refit('idle', FIRST)).rejects.toMatchObject(code);
  }, 60_000);

  it('compares a later new recipe with the serving recipe fitted without the bars of the gate', async () => {
    await train('newer', { asOf: FIRST });
    await refit('newer', knownAt(2_900), { margin: 0.5 });
    const { result, context } = await train('newer', { asOf: knownAt(2_960) });
    const gate = result['gate'] as GateEvidence;
    expect(gate).toMatchObject({ rule: 'superiority', bars: 500, incumbent: { version: '1.1.0' } });
    expect(gate.standIn?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(gate.standIn?.sha256).not.toBe(gate.incumbent?.sha256);
    expect(context.logs.join('\n')).toContain('1.1.0 has seen the gate slice');
    expect((result['families'] as { choiceLoss: number }[])[0]!.choiceLoss).toBeGreaterThan(0);
  }, 60_000);

  it('belongs to the timeline and the instant it is asked for, and leaves promotion to the policy', async () => {
    const there = { timeline: TIMELINE, promote: 'by_policy' };
    const asOf = knownAt(3_100);
    const { result, jobId } = await train('sealed', { ...there, asOf });
    expect(result).toMatchObject({ version: '1.0.0', promoted: false, mode: 'new_recipe', fits: 1 });
    const world = { timeline: TIMELINE, clock: stepClock(asOf) };
    const versions = await inWorld(world, () =>
      Promise.all(['1', '2'].map((version) => catalog.version('sealed', version))),
    );
    expect(versions).toMatchObject([
      { timeline: TIMELINE, version: '0.1.0', stage: 'Production', createdAt: asOf },
      { timeline: TIMELINE, version: '1.0.0', stage: 'None', createdAt: asOf },
    ]);
    expect(await catalog.firstVersion('sealed')).toBeUndefined();
    const runs = await selectRows<{ timeline_id: string }>(
      bench.database.dataSource,
      'select distinct timeline_id from model_runs where job_id = $1',
      [jobId],
    );
    expect(runs).toEqual([{ timeline_id: TIMELINE }]);
    // The policy was declared before; its replay logs one opening for all.
    const openings = await selectRows(bench.database.dataSource, 'select 1 from sealed_openings');
    expect(openings).toEqual([]);
  }, 60_000);

  it('as a new recipe knows no gate on a timeline that does not serve, and has both losses all the same', async () => {
    const { result } = await train('sealed', { asOf: knownAt(2_950), timeline: TIMELINE, gate: 'none' });
    const gate = result['gate'] as GateEvidence;
    expect(gate).toMatchObject({ rule: 'none', passed: true, reason: 'no gate', incumbent: { version: '0.1.0' } });
    expect(gate.candidate!.meanLoss).toBeGreaterThan(0);
    expect(result).toMatchObject({ promoted: true });
    await expect(train('sealed', { asOf: FIRST, gate: 'none' })).rejects.toMatchObject({ code: 'GATE_NONE_ON_LIVE' });
  }, 60_000);
});
