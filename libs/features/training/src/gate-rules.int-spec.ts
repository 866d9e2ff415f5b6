import { describe, expect, it } from '@jest/globals';
import { MARGINS, MIN_REFIT_BARS, judgeNonInferiority, judgeSuperiority, type PairedLosses } from './gate-rules.js';
import { directionLosses, volatilityLosses } from './testing/simulated-losses.js';

/** Seeded draws of every world; the Monte Carlo error of a share of 5 % is 0.5 points. */
const DRAWS = 2_000;
const NOMINAL = 0.05;
const ALLOWED = NOMINAL + 2 * Math.sqrt((NOMINAL * (1 - NOMINAL)) / DRAWS);
const SUPERIORITY = { alpha: NOMINAL, minBars: 250 };
const REFIT_BARS = 63;

type World = (seed: number) => PairedLosses;

function share(world: World, judge: (losses: PairedLosses) => { readonly passed: boolean }, draws = DRAWS): number {
  let passed = 0;
  for (let seed = 0; seed < draws; seed += 1) passed += Number(judge(world(seed)).passed);
  return passed / draws;
}

/** The offset from ½ by a sign unrelated to the label that costs `increase` of log loss against ½. */
function offsetCosting(increase: number): number {
  return 0.5 * Math.sqrt(1 - Math.exp(-2 * increase));
}

/** The error of a logarithmic variance that costs `increase` of QLIKE more than an error of `sd`. */
function errorCosting(increase: number, sd: number): number {
  return Math.sqrt(2 * Math.log(Math.exp(sd ** 2 / 2) + increase));
}

/** Where the candidate is exactly as good as it must not be to pass: the worst case of false promotions. */
describe('the size of the gates', () => {
  const superior = (losses: PairedLosses): { passed: boolean } => judgeSuperiority(losses, SUPERIORITY);

  it.each([250, 500])('superiority promotes by luck in at most 5 %% of %i bars without a signal', (bars) => {
    const sizes = [
      share((seed) => directionLosses({ seed, bars, candidate: 0.05, incumbent: 0.05 }), superior),
      share((seed) => volatilityLosses({ seed, bars, candidate: 0.3, incumbent: 0.3 }), superior),
    ];
    for (const size of sizes) {
      expect(size).toBeLessThanOrEqual(ALLOWED);
      // A gate that never opens has no size problem and no use.
      expect(size).toBeGreaterThan(0.03);
    }
  });

  it('non-inferiority lets a refit that is worse by the margin pass in at most 5 %', () => {
    const bars = REFIT_BARS;
    const candidate = offsetCosting(MARGINS.direction);
    const directions = share((seed) => directionLosses({ seed, bars, candidate, incumbent: 0 }), notWorse('direction'));
    const error = errorCosting(MARGINS.volatility, 0.1);
    const volatilities = share(
      (seed) => volatilityLosses({ seed, bars, candidate: error, incumbent: 0.1 }),
      notWorse('volatility'),
    );
    for (const size of [directions, volatilities]) {
      expect(size).toBeLessThanOrEqual(ALLOWED);
      expect(size).toBeGreaterThan(0.02);
    }
  });
});

const notWorse =
  (task: 'direction' | 'volatility') =>
  (losses: PairedLosses): { passed: boolean } =>
    judgeNonInferiority(losses, { margin: MARGINS[task], minBars: MIN_REFIT_BARS });

/** Effects that are found in at least four of five samples; smaller ones are missed more often. */
describe('the power of the gates', () => {
  const superior = (losses: PairedLosses): { passed: boolean } => judgeSuperiority(losses, SUPERIORITY);

  it.each([
    { bars: 250, edge: 0.5, candidate: 0.32, effect: -0.2 },
    { bars: 500, edge: 0.35, candidate: 0.25, effect: -0.1 },
  ])('superiority finds about $effect log loss in $bars bars', ({ bars, edge, candidate, effect }) => {
    const world = (seed: number): PairedLosses => directionLosses({ seed, bars, edge, candidate, incumbent: 0 });
    expect(meanDifference(world)).toBeCloseTo(effect, 1);
    expect(share(world, superior, 1_000)).toBeGreaterThanOrEqual(0.8);
  });

  it.each([
    { bars: 250, error: 0.7, effect: -0.3 },
    { bars: 500, error: 0.5, effect: -0.1 },
  ])('superiority finds about $effect QLIKE in $bars bars', ({ bars, error, effect }) => {
    const world = (seed: number): PairedLosses => volatilityLosses({ seed, bars, candidate: 0.1, incumbent: error });
    expect(meanDifference(world)).toBeCloseTo(effect, 1);
    expect(share(world, superior, 1_000)).toBeGreaterThanOrEqual(0.8);
  });

  it('non-inferiority passes refits that are as good and answer nearly the same', () => {
    const bars = REFIT_BARS;
    // Measured .80 and .90: probabilities .0025 off one half either way, log variances off by .02. Of direction refits .01
    // off one in six passes: 63 bars cannot tell.
    const direction = (seed: number): PairedLosses =>
      directionLosses({ seed, bars, candidate: 0.0025, incumbent: 0.0025 });
    const volatility = (seed: number): PairedLosses =>
      volatilityLosses({ seed, bars, candidate: 0.02, incumbent: 0.02 });
    expect(share(direction, notWorse('direction'), 1_000)).toBeGreaterThanOrEqual(0.8);
    expect(share(volatility, notWorse('volatility'), 1_000)).toBeGreaterThanOrEqual(0.85);
  });
});

function meanDifference(world: World): number {
  const draws = 400;
  const differences = Array.from({ length: draws }, (_, seed) => {
    const { candidate, incumbent } = world(seed);
    return candidate.reduce((sum, loss, bar) => sum + loss - incumbent[bar]!, 0) / candidate.length;
  });
  return differences.reduce((sum, value) => sum + value, 0) / draws;
}

describe('judgements', () => {
  const incumbent = Float64Array.from({ length: 300 }, (_, bar) => 1 + (bar % 7) / 10);
  const losses = (change: (loss: number, bar: number) => number): PairedLosses => ({
    candidate: incumbent.map(change),
    incumbent,
    horizon: 5,
  });
  const margin = 0.02;

  it('has the bound and the margin in the evidence of a refit', () => {
    const judged = judgeNonInferiority(
      losses((loss, bar) => loss + (bar % 2 === 0 ? 0.01 : -0.01)),
      { margin, minBars: 20 },
    );
    expect(judged).toMatchObject({ passed: true, margin, test: { status: 'ok', alpha: 0.025, n: 300 } });
    expect(judged.upperBound).toBeLessThan(margin);
    const { meanDifference: mean, criticalValue, standardError } = judged.test!;
    expect(judged.upperBound).toBeCloseTo(mean! + criticalValue! * standardError!, 12);
  });

  it.each([
    [0, true],
    [0.019, true],
    [0.021, false],
  ])('takes an increase of %d on every bar as its own bound', (increase, passed) => {
    const judged = judgeNonInferiority(
      { ...losses(() => increase), incumbent: new Float64Array(300) },
      { margin, minBars: 20 },
    );
    expect(judged).toMatchObject({ passed, upperBound: increase });
  });

  it('says when there are too few bars or nothing to test', () => {
    const few = judgeNonInferiority({ ...losses((loss) => loss), horizon: 1 }, { margin, minBars: 301 });
    expect(few).toMatchObject({ passed: false, test: { status: 'insufficient' } });
    const twin = judgeSuperiority(
      losses((loss) => loss),
      SUPERIORITY,
    );
    expect(twin).toMatchObject({ passed: false, test: { status: 'degenerate' } });
  });
});
