import type { ResultRow, ResultTable } from '@tidemark/contracts';

const HEADER = {
  dataHash: 'ab'.repeat(32),
  span: { from: '2017-01-03T00:00:00.000Z', to: '2020-04-17T00:00:00.000Z', bars: 828 },
  fillRule: 'decided at close t, filled at close t+1, first PnL bar t+2',
  costBps: 1,
  returns: 'price index, no dividends, no financing',
  configurationsTried: 3,
  opening: 1,
  servedVersion: '0.1.0',
  verdict: ['What it means.', 'And what it does not.'],
};

const TRADING = {
  hitRate: 0.57,
  baseRate: 0.6,
  netSharpe: 0.55,
  netSharpeSe: 0.3,
  turnoverPerYear: 4.2,
  maxDrawdown: 0.21,
  breakEvenBps: 120.4,
};
/** What every comparison with the baseline carries. */
const TEST = { deltaCritical: 2.1, smallestDetectable: 0.0181 };
const RISK = {
  breaches: 8,
  expectedBreaches: 8.27,
  breachRateInterval: [0.0042, 0.019] as [number, number],
  christoffersenP: 0.412,
  worstWindowBreaches: 5,
};

/** A direction agent's table as a walk makes it. */
export function directionTable(): ResultTable {
  const row = (name: string, kind: ResultRow['kind'], loss: number, delta?: [number, number]): ResultRow => ({
    name,
    kind,
    bars: 822,
    loss,
    ...(delta === undefined ? {} : { deltaLoss: delta[0], deltaT: delta[1], ...TEST }),
    ...TRADING,
  });
  const rows: ResultRow[] = [
    row('naive baseline (base_rate)', 'baseline', 0.67123),
    {
      name: 'hold the index',
      kind: 'hold',
      bars: 822,
      ...TRADING,
      netSharpe: 0.6,
      turnoverPerYear: 0.3,
      breakEvenBps: undefined,
    },
    row('logistic', 'family', 0.67523, [0.004, 0.8]),
    row('gbdt', 'family', 0.68123, [0.01, 1.4]),
    { ...row('served: 0.1.0', 'served', 0.67123), deltaLoss: 0 },
  ];
  return { ...HEADER, agent: 'market_insight', task: 'direction', loss: 'log_loss', rows };
}

/** A volatility agent's table as a walk makes it. */
export function volatilityTable(): ResultTable {
  const rows: ResultRow[] = [
    { name: 'naive baseline (ewma)', kind: 'baseline', bars: 827, loss: -8.61234, ...RISK },
    { name: 'log_har', kind: 'family', bars: 827, loss: -8.70234, deltaLoss: -0.09, deltaT: -2.34, ...TEST, ...RISK },
    {
      name: 'served: 1.0.0',
      kind: 'served',
      bars: 827,
      loss: -8.70234,
      deltaLoss: -0.09,
      deltaT: -2.34,
      ...TEST,
      ...RISK,
    },
  ];
  return {
    ...HEADER,
    agent: 'risk_assessor',
    task: 'volatility',
    loss: 'qlike',
    opening: 12,
    servedVersion: '1.0.0',
    rows,
  };
}
