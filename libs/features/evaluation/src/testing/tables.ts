import type { ResultRow, ResultTable } from '@tidemark/contracts';

const HEADER = {
  timeline: 'main',
  dataHash: 'ab'.repeat(32),
  span: { from: '2004-01-02T00:00:00.000Z', to: '2020-04-17T00:00:00.000Z', bars: 4100 },
  fillRule: 'decided at close t, filled at close t+1, first PnL bar t+2',
  costBps: 1,
  returns: 'price index, no dividends, no financing, cost 1 bp a side',
  configurationsTried: 812,
  sealedFrom: '2017-01-01',
  opening: 1,
  policy: { name: 'default', hash: 'cd'.repeat(32) },
  monitors: [
    {
      monitor: 'features',
      subjects: 12,
      silent: 0,
      from: '2005-03-01T00:00:00.000Z',
      allFrom: '2005-06-01T00:00:00.000Z',
    },
    { monitor: 'loss', subjects: 1, silent: 0, from: '2004-04-05T00:00:00.000Z', allFrom: '2004-04-05T00:00:00.000Z' },
    { monitor: 'volume', subjects: 1, silent: 1 },
  ],
  alarms: {
    windowBars: 63,
    kinds: [
      { kind: 'DRIFT' as const, monitor: 'features', alarms: 31, judged: 30, followedByHigherLoss: 16 },
      { kind: 'PERFORMANCE' as const, monitor: 'loss', alarms: 3, judged: 2, followedByHigherLoss: 1 },
    ],
    anyBar: { judged: 3970, followedByHigherLoss: 1965 },
    refusals: [
      { reason: 'not shown to be better than the incumbent', count: 58 },
      { reason: 'the candidate gives the same answer on every bar of the gate slice', count: 4 },
    ],
  },
  verdict: ['What it means.', 'And what it does not.'],
};

const TRADING = {
  hitRate: 0.57,
  baseRate: 0.584,
  netSharpe: 0.55,
  netSharpeSe: 0.3,
  turnoverPerYear: 4.2,
  maxDrawdown: -0.21,
  breakEvenBps: 120.4,
};
/** What every comparison with the baseline carries. */
const TEST = { deltaCritical: 2.1, smallestDetectable: 0.0181 };
const RISK = {
  breaches: 48,
  expectedBreaches: 41.2,
  breachRateInterval: [0.0086, 0.0155] as [number, number],
  christoffersenP: 0.412,
  worstWindowBreaches: 7,
};

type Part = readonly [
  name: string,
  kind: ResultRow['kind'],
  number: number | undefined,
  deltaLoss: number,
  counts?: readonly [number, number, number],
];

const PARTS: readonly Part[] = [
  ['trained once', 'once', 3, 0.004, [1, 1, 0]],
  ['every 63 bars, newest in', 'always', 4, 0.02, [65, 65, 0]],
  ['every 63 bars, gated', 'gated', 5, 0.001, [65, 3, 62]],
  ['the policy: default', 'policy', 6, -0.002, [67, 3, 62]],
  ['2004–06', 'era', undefined, 0, [12, 0, 12]],
  ['2007–09', 'era', undefined, -0.01, [13, 1, 12]],
];

function rows(loss: number, figures: Partial<ResultRow>): ResultRow[] {
  return PARTS.map(([name, kind, number, deltaLoss, counts]) => ({
    name,
    kind,
    number,
    bars: kind === 'era' ? 755 : 4094,
    ...(counts === undefined ? {} : { fits: counts[0], promotions: counts[1], refusals: counts[2], rollbacks: 0 }),
    loss: loss + deltaLoss,
    deltaLoss,
    ...(deltaLoss === 0 ? {} : { deltaT: deltaLoss * 200, ...TEST }),
    ...figures,
  }));
}

const COMPARISONS: ResultTable['comparisons'] = [
  { of: 'gated', against: 'always', deltaLoss: -0.019, deltaT: -3.8, ...TEST },
  { of: 'policy', against: 'once', deltaLoss: -0.006, deltaT: -1.2, ...TEST },
  { of: 'policy', against: 'gated', deltaLoss: 0 },
];

/** A direction agent's table as a replay leaves it. */
export function directionTable(): ResultTable {
  return {
    ...HEADER,
    agent: 'market_insight',
    task: 'direction',
    loss: 'log_loss',
    served: [
      {
        version: '0.1.0',
        family: 'base_rate',
        isBaseline: true,
        from: '2004-01-02T00:00:00.000Z',
        to: '2020-04-17T00:00:00.000Z',
        bars: 4100,
      },
    ],
    rows: [
      { name: 'naive baseline (base_rate)', kind: 'baseline', number: 1, bars: 4094, loss: 0.67123, ...TRADING },
      {
        ...{ name: 'hold the index', kind: 'hold', number: 2, bars: 4094 },
        ...TRADING,
        netSharpe: 0.6,
        turnoverPerYear: 0.3,
        breakEvenBps: undefined,
      },
      ...rows(0.67123, TRADING),
    ],
    comparisons: COMPARISONS,
    tellings: {
      items: [
        { name: 'overlapping 5-bar returns, annualised as if daily, without cost', isHonest: false, sharpe: 0.87 },
        {
          name: 'marked daily, filled at the close that decided, without cost',
          isHonest: false,
          sharpe: 0.44,
          standardError: 0.25,
        },
        {
          name: 'marked daily, filled at the next close, 1 bp a side',
          isHonest: true,
          sharpe: 0.33,
          standardError: 0.25,
        },
        { name: 'the naive baseline’s signal, told as honestly', isHonest: true, sharpe: 0.34, standardError: 0.25 },
      ],
    },
  };
}

/** A volatility agent's table as a replay leaves it. */
export function volatilityTable(): ResultTable {
  return {
    ...HEADER,
    agent: 'risk_assessor',
    task: 'volatility',
    loss: 'qlike',
    opening: 12,
    served: [
      {
        version: '0.1.0',
        family: 'ewma',
        isBaseline: true,
        from: '2004-01-02T00:00:00.000Z',
        to: '2009-06-30T00:00:00.000Z',
        bars: 1383,
      },
      {
        version: '1.0.0',
        family: 'log_har',
        isBaseline: false,
        from: '2009-07-01T00:00:00.000Z',
        to: '2009-09-30T00:00:00.000Z',
        bars: 64,
      },
      {
        version: '1.1.0',
        family: 'log_har',
        isBaseline: false,
        from: '2009-10-01T00:00:00.000Z',
        to: '2020-04-17T00:00:00.000Z',
        bars: 2653,
      },
    ],
    rows: [
      { name: 'naive baseline (ewma)', kind: 'baseline', number: 1, bars: 4099, loss: -8.61234, ...RISK },
      ...rows(-8.61234, RISK),
    ],
    comparisons: COMPARISONS,
    tellings: { items: [], note: 'A volatility agent takes no position, so there is no return to tell in two ways.' },
  };
}
