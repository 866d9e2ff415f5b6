import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resultTableSchema, type ResultRow, type TablePayload } from '@tidemark/contracts';
import { execute } from '@tidemark/database';
import { computeLabels } from '@tidemark/native';
import { buildAgent, createTestDatabase, type TestDatabase } from '@tidemark/testing';
import type { Evaluation } from './evaluation.service.js';
import { reportHtml } from './report/html.js';
import { renderTable } from './table-text.js';
import { StoredTimelines, snapshotOf, type StoredTimeline } from './testing/stored-timelines.js';

/**
 * The table of timelines written straight into the tables, against figures that are worked out here from the same bars
 * by plain sums that share no code with the table.
 */
const BARS = 1_300;
const FROM = 100;
const SPAN = BARS - FROM;
const START = '2005-06-01T00:00:00Z';
const HORIZON = 5;

const wave = (row: number): number => Math.sin(row / 9) + 0.7 * Math.sin(row * 1.7) + 0.5 * Math.sin(row * row * 0.3);
const CLOSES = Float64Array.from({ length: BARS }, (_, row) => 100 * Math.exp(0.0004 * row + 0.02 * wave(row)));
const SNAPSHOT = snapshotOf(CLOSES, START);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

/** Bartlett, L = max(horizon − 1, ⌊1.3√n⌋), no small-sample factor. */
function hacT(differences: readonly number[], horizon: number): number {
  const n = differences.length;
  const centre = mean(differences);
  const lags = Math.max(horizon - 1, Math.floor(1.3 * Math.sqrt(n)));
  const covariance = (lag: number): number =>
    sum(differences.slice(lag).map((value, index) => (value - centre) * (differences[index]! - centre))) / n;
  let variance = covariance(0);
  for (let lag = 1; lag <= lags; lag += 1) variance += 2 * (1 - lag / (lags + 1)) * covariance(lag);
  return centre / Math.sqrt(variance / n);
}

const rowOf = ({ table }: Evaluation, kind: ResultRow['kind'], name?: string): ResultRow =>
  table.rows.find((row) => row.kind === kind && (name === undefined || row.name === name))!;

describe('a direction agent’s table', () => {
  const agent = buildAgent({ sealedFrom: '2008-01-01' });
  /** 1 where the close five bars after the fill is above the fill's. */
  const label = (row: number): number =>
    row + 1 + HORIZON < BARS ? Number(CLOSES[row + 1 + HORIZON]! > CLOSES[row + 1]!) : Number.NaN;
  const labels = Float64Array.from({ length: SPAN }, (_, row) => label(FROM + row));
  const probability = (row: number, shift: number): number => (((row * row + 3 * row + shift) % 31) + 1) / 33;
  const outputs = (shift: number): Map<string, Float64Array> =>
    new Map([['probability', Float64Array.from({ length: SPAN }, (_, row) => probability(FROM + row, shift))]]);
  const baseline = new Map([
    ['probability', Float64Array.from({ length: BARS }, (_, row) => 0.55 + 0.01 * Math.sin(row))],
  ]);
  const calendar = { name: 'row', triggers: [{ kind: 'calendar', everyBars: 63 }] };
  const timeline = (id: string, shift: number, more: Partial<StoredTimeline> = {}): StoredTimeline => ({
    id,
    policy: calendar,
    from: FROM,
    outputs: outputs(shift),
    versionAt: (row) => (row < 700 ? '0.1.0' : '1.0.0'),
    labels,
    ...more,
  });
  const refused = { kind: 'candidate', action: 'refuse', reason: 'not shown to be better: Δloss 0.1' } as const;
  const TIMELINES = { policy: 'whole', once: 'whole-once', always: 'whole-always', gated: 'whole-gated' };

  let database: TestDatabase;
  let stored: StoredTimelines;
  let evaluation: Evaluation;

  async function evaluate(timelines: TablePayload['timelines'] = TIMELINES): Promise<Evaluation> {
    const { reader, evaluation: service } = stored.services(baseline);
    const policy = await reader.read(agent, timelines.policy);
    return service.evaluate({ agent, timelines, policy, opening: 3 });
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    stored = new StoredTimelines(database.dataSource, agent, SNAPSHOT);
    const decisions = [
      { row: FROM + 63, kind: 'slot', action: 'retrain', reason: 'calendar' },
      { row: FROM + 63, ...refused },
      { row: FROM + 699, kind: 'slot', action: 'retrain', reason: 'calendar' },
      { row: FROM + 699, kind: 'candidate', action: 'promote', reason: 'better' },
    ] as const;
    await stored.store(timeline(TIMELINES.policy, 0, { policy: { ...calendar, name: 'default' }, decisions }));
    await stored.store(timeline(TIMELINES.once, 5));
    await stored.store(timeline(TIMELINES.always, 7));
    await stored.store(timeline(TIMELINES.gated, 11));
    stored.alarm(TIMELINES.policy, 'loss', [FROM + 20, FROM + 400, FROM + 401]);
    evaluation = await evaluate();
  }, 60_000);
  afterAll(() => database.close());

  const matured = Array.from({ length: SPAN }, (_, row) => row).filter((row) => !Number.isNaN(labels[row]!));
  const logLoss = (p: number, row: number): number => -Math.log(labels[row]! > 0.5 ? p : 1 - p);
  const policyLoss = (row: number): number => logLoss(probability(FROM + row, 0), row);
  const baselineLoss = (row: number): number => logLoss(baseline.get('probability')![FROM + row]!, row);

  it('holds to its contract and names its rows in order', () => {
    const parsed = resultTableSchema.parse(JSON.parse(JSON.stringify(evaluation.table)));
    expect(parsed.rows.map(({ number, name }) => `${number ?? '-'} ${name}`)).toEqual([
      '1 naive baseline (base_rate)',
      '2 hold the index',
      '3 trained once',
      '4 every 63 bars, newest in',
      '5 every 63 bars, gated',
      '6 the policy: default',
      '- 2004–06',
      '- 2007–09',
    ]);
    expect(parsed).toMatchObject({
      opening: 3,
      policy: { name: 'default', hash: 'hash of whole' },
      span: { from: '2005-09-09T00:00:00.000Z', to: '2008-12-21T00:00:00.000Z', bars: SPAN },
    });
  });

  it('gives every served row its loss and its paired difference', () => {
    const differences = matured.map((row) => policyLoss(row) - baselineLoss(row));
    const row = rowOf(evaluation, 'policy');
    expect(row.bars).toBe(SPAN - HORIZON - 1);
    expect(row.loss).toBeCloseTo(mean(matured.map(policyLoss)), 12);
    expect(rowOf(evaluation, 'baseline').loss).toBeCloseTo(mean(matured.map(baselineLoss)), 12);
    expect(row.deltaLoss).toBeCloseTo(mean(differences), 12);
    expect(row.deltaT).toBeCloseTo(hacT(differences, HORIZON), 9);
    const once = mean(matured.map((each) => logLoss(probability(FROM + each, 5), each)));
    expect(rowOf(evaluation, 'once').loss).toBeCloseTo(once, 12);
  });

  it('holds rows against each other on the same bars', () => {
    const differences = matured.map(
      (row) => logLoss(probability(FROM + row, 11), row) - logLoss(probability(FROM + row, 7), row),
    );
    const found = evaluation.table.comparisons.find(({ of }) => of === 'gated')!;
    expect(found.deltaLoss).toBeCloseTo(mean(differences), 12);
    expect(found.deltaT).toBeCloseTo(hacT(differences, HORIZON), 9);
  });

  /** Net daily returns: mean of five signals, filled `lag` closes later, `bp` a side. */
  function net(lag: number, bp: number): number[] {
    const signal = (row: number): number => (row < 0 ? 0 : Number(probability(FROM + row, 0) > 0.5));
    const position = (row: number): number => sum([0, 1, 2, 3, 4].map((back) => signal(row - back))) / 5;
    return Array.from({ length: SPAN - lag - 1 }, (_, index) => {
      const row = FROM + index + lag + 1;
      const change = position(index) - (index === 0 ? 0 : position(index - 1));
      return position(index) * (CLOSES[row]! / CLOSES[row - 1]! - 1) - bp * 1e-4 * Math.abs(change);
    });
  }
  function sharpe(returns: readonly number[]): number {
    const centre = mean(returns);
    const variance = sum(returns.map((value) => (value - centre) ** 2)) / (returns.length - 1);
    return (centre / Math.sqrt(variance)) * Math.sqrt(252);
  }

  it('tells the same signals naively and honestly', () => {
    const overlapping = Array.from({ length: SPAN - 1 - HORIZON }, (_, row) => {
      const entry = FROM + row + 1;
      return Number(probability(FROM + row, 0) > 0.5) * (CLOSES[entry + HORIZON]! / CLOSES[entry]! - 1);
    });
    const [naive, daily, honest] = evaluation.table.tellings.items;
    expect(naive!.sharpe).toBeCloseTo(sharpe(overlapping), 9);
    expect(daily!.sharpe! / sharpe(net(0, 0))).toBeCloseTo(1, 2);
    expect(honest!.sharpe! / sharpe(net(1, 1))).toBeCloseTo(1, 2);
    expect(honest!.sharpe).toBe(rowOf(evaluation, 'policy').netSharpe);
  });

  it('cuts eras at their years and counts decisions inside', () => {
    const cut = Array.from({ length: SPAN }, (_, row) => row).filter(
      (row) => stored.timeOf(FROM + row).getUTCFullYear() <= 2006,
    );
    const era = rowOf(evaluation, 'era', '2004–06');
    expect(era.bars).toBe(cut.length);
    expect(era.loss).toBeCloseTo(mean(cut.map(policyLoss)), 12);
    expect(era).toMatchObject({ fits: 1, promotions: 0, refusals: 1, rollbacks: 0 });
    expect(rowOf(evaluation, 'era', '2007–09')).toMatchObject({ fits: 1, promotions: 1, refusals: 0 });
    expect(rowOf(evaluation, 'policy')).toMatchObject({ fits: 2, promotions: 1, refusals: 1, rollbacks: 0 });
  });

  it('asks of every alarm whether the loss was higher after it', () => {
    const isHigher = (row: number): boolean =>
      mean(Array.from({ length: 63 }, (_, index) => policyLoss(row + 1 + index))) >
      mean(Array.from({ length: 63 }, (_, index) => policyLoss(row - index)));
    const { kinds, anyBar, refusals } = evaluation.table.alarms;
    expect(kinds).toEqual([
      {
        ...{ kind: 'PERFORMANCE', monitor: 'loss', alarms: 3, judged: 2 },
        followedByHigherLoss: [400, 401].filter(isHigher).length,
      },
    ]);
    const bars = matured.filter((row) => row >= 62 && row + 63 < matured.length);
    expect(anyBar).toEqual({ judged: bars.length, followedByHigherLoss: bars.filter(isHigher).length });
    expect(refusals).toEqual([{ reason: 'not shown to be better', count: 1 }]);
  });

  it('says what served when', () => {
    expect(evaluation.table.served).toMatchObject([
      { version: '0.1.0', isBaseline: true, bars: 700, from: '2005-09-09T00:00:00.000Z' },
      { version: '1.0.0', family: 'logistic', isBaseline: false, bars: 500 },
    ]);
    expect(evaluation.table.verdict[0]).toMatch(
      /^Served: the naive baseline .* then logistic 1\.0\.0, .* to 2008-12-21\.$/,
    );
  });

  it('leaves out the rows of comparisons that were not run', async () => {
    const { table } = await evaluate({ policy: TIMELINES.policy });
    expect(table.rows.map(({ kind }) => kind)).toEqual(['baseline', 'hold', 'policy', 'era', 'era']);
    expect(table.comparisons).toEqual([]);
  });

  it('measures on the bars that all timelines have, when one of them went on', async () => {
    const short = new Map([
      [
        'probability',
        outputs(5)
          .get('probability')!
          .subarray(0, SPAN - 10),
      ],
    ]);
    const shortLabels = labels.map((value, row) => (row < SPAN - 16 ? value : Number.NaN)).subarray(0, SPAN - 10);
    await stored.store(timeline('ended-before', 5, { outputs: short, labels: shortLabels }));
    const { table } = await evaluate({ policy: TIMELINES.policy, once: 'ended-before' });
    expect(table.span.bars).toBe(SPAN - 10);
    expect(table.rows.find(({ kind }) => kind === 'once')!.bars).toBe(SPAN - 10);
  });

  it.each([1, 2, 3, 12])('leaves out what %i bars cannot tell', async (bars) => {
    const few = new Map([['probability', outputs(0).get('probability')!.subarray(0, bars)]]);
    const known = labels.map((value, row) => (row < bars - 6 ? value : Number.NaN)).subarray(0, bars);
    await stored.store(timeline(`few-${bars}`, 0, { outputs: few, labels: known }));
    const short = await evaluate({ policy: `few-${bars}` });
    const { table } = short;
    expect(resultTableSchema.parse(JSON.parse(JSON.stringify(table))).span.bars).toBe(bars);
    expect(rowOf(short, 'policy')).toMatchObject({ bars: Math.max(0, bars - 6) });
    expect(rowOf(short, 'policy').deltaT).toBeUndefined();
    expect(renderTable(table)).not.toMatch(/NaN|undefined/);
    expect(reportHtml(short)).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('refuses timelines that began at different bars', async () => {
    const late = new Map([['probability', outputs(5).get('probability')!.subarray(4)]]);
    await stored.store(timeline('began-late', 5, { from: FROM + 4, outputs: late, labels: labels.subarray(4) }));
    await expect(evaluate({ policy: TIMELINES.policy, once: 'began-late' })).rejects.toMatchObject({
      code: 'TIMELINES_DIFFER',
    });
  });

  it.each([
    [
      'a bar is missing in the log',
      'delete from predictions where timeline_id = $1 and as_of = $2',
      'PREDICTION_LOG_INCOMPLETE',
    ],
    [
      'a bar is there twice',
      `insert into predictions select gen_random_uuid(), at, timeline_id, agent, version_id, version, sequence, generation, mode,
         job_id, as_of, key, inputs, inputs_sha256, output_names, outputs, latency_us from predictions where timeline_id = $1 and as_of = $2`,
      'PREDICTION_LOG_INCOMPLETE',
    ],
    ['an outcome is missing', 'delete from outcomes where timeline_id = $1 and as_of = $2', 'OUTCOMES_INCOMPLETE'],
    [
      'an outcome was changed',
      'update outcomes set value = 1 - value where timeline_id = $1 and as_of = $2',
      'OUTCOMES_INCOMPLETE',
    ],
  ])('is refused when %s', async (what, damage, code) => {
    const id = `holed-${what.replaceAll(/[^a-z]/g, '-')}`;
    await stored.store(timeline(id, 0));
    await execute(database.dataSource, damage, [id, stored.timeOf(FROM + 300)]);
    await expect(evaluate({ policy: id })).rejects.toMatchObject({ code });
    await expect(evaluate({ policy: TIMELINES.policy, always: id })).rejects.toMatchObject({ code });
  });

  it('is refused for a timeline without a loop, and for one that predicted nothing', async () => {
    await expect(evaluate({ policy: TIMELINES.policy, once: 'nowhere' })).rejects.toMatchObject({
      code: 'LOOP_MISSING',
    });
    await expect(evaluate({ policy: 'nowhere' })).rejects.toMatchObject({ code: 'PREDICTION_LOG_INCOMPLETE' });
  });
});

describe('a volatility agent’s table', () => {
  const agent = buildAgent({
    task: 'volatility',
    label: { kind: 'next_squared_return' },
    baseline: 'ewma',
    families: ['log_har'],
  });
  const logReturn = (row: number): number => Math.log(CLOSES[row + 1]! / CLOSES[row]!);
  /** As they are matured: another logarithm may differ in the last bit. */
  const labels = computeLabels(agent.label, SNAPSHOT.bars).value.subarray(FROM);
  const sigma = (row: number): number => 0.012 + 0.004 * Math.sin(row / 13);
  const served = new Map([
    ['volatility', Float64Array.from({ length: SPAN }, (_, row) => sigma(FROM + row))],
    ['var_99', Float64Array.from({ length: SPAN }, (_, row) => 2.6 * sigma(FROM + row))],
  ]);
  const baseline = new Map([
    ['volatility', new Float64Array(BARS).fill(0.013)],
    ['var_99', new Float64Array(BARS).fill(0.03)],
  ]);
  let database: TestDatabase;
  let evaluation: Evaluation;

  beforeAll(async () => {
    database = await createTestDatabase();
    const stored = new StoredTimelines(database.dataSource, agent, SNAPSHOT);
    await stored.store({
      ...{ id: 'risk', policy: { name: 'default', triggers: [] }, from: FROM, outputs: served, labels },
      versionAt: () => '1.0.0',
    });
    const services = stored.services(baseline);
    const policy = await services.reader.read(agent, 'risk');
    evaluation = await services.evaluation.evaluate({ agent, timelines: { policy: 'risk' }, policy });
  }, 60_000);
  afterAll(() => database.close());

  it('scores by QLIKE and counts breaches of the next bar', () => {
    const rows = Array.from({ length: SPAN - 1 }, (_, row) => row);
    const qlike = rows.map(
      (row) => Math.log(sigma(FROM + row) ** 2) + (logReturn(FROM + row) / sigma(FROM + row)) ** 2,
    );
    const breached = rows.map((row) => logReturn(FROM + row) < -2.6 * sigma(FROM + row));
    const most = Math.max(...rows.slice(0, -249).map((row) => breached.slice(row, row + 250).filter(Boolean).length));
    const row = rowOf(evaluation, 'policy');
    expect(row.loss).toBeCloseTo(mean(qlike), 10);
    expect(row.breaches).toBe(breached.filter(Boolean).length);
    expect(row.expectedBreaches).toBeCloseTo((SPAN - 1) / 100, 10);
    expect(row.worstWindowBreaches).toBe(most);
  });

  it('has no row for holding, nothing to tell twice, and no opening where none was made', () => {
    const table = resultTableSchema.parse(JSON.parse(JSON.stringify(evaluation.table)));
    expect(table.rows.map(({ kind }) => kind)).toEqual(['baseline', 'policy', 'era', 'era']);
    expect(table.tellings).toMatchObject({ items: [], note: expect.stringContaining('no position') });
    expect(table.opening).toBeUndefined();
    expect(evaluation.returns).toEqual([]);
  });
});
