import { describe, expect, it } from '@jest/globals';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import { expectedLoss, lawOf } from './expected-loss.js';
import { QUIET, directionBreak, garchMarket, resampledMarket, volatilityBreak, type Market } from './markets.js';

const returnsOf = ({ bars }: Market): number[] =>
  bars.slice(1).map(({ close }, index) => Math.log(close / bars[index]!.close));
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const squares = (values: readonly number[]): number[] => values.map((value) => value ** 2);

describe('markets', () => {
  it('are the same with the same seed, and valid bars of weekdays', () => {
    for (const market of [garchMarket(1, 300), directionBreak(1, 300, 200), volatilityBreak(1, 300, 200)]) {
      for (const { eventTime, open, high, low, close, volume } of market.bars) {
        expect(high >= Math.max(open, close) && low <= Math.min(open, close) && low > 0 && volume > 0).toBe(true);
        expect([0, 6]).not.toContain(eventTime.getUTCDay());
      }
    }
    expect(garchMarket(1, 300)).toEqual(garchMarket(1, 300));
    expect(garchMarket(2, 300).bars).not.toEqual(garchMarket(1, 300).bars);
  });

  it('have the variance that they state: r² / h has mean 1', () => {
    const market = garchMarket(3, 20_000);
    const ratios = squares(returnsOf(market)).map((square, row) => square / market.nextVariance[row]!);
    expect(meanOf(ratios)).toBeCloseTo(1, 1);
    expect(Math.sqrt(meanOf(squares(returnsOf(market))))).toBeCloseTo(QUIET.deviation, 2);
  });

  it('follow another law from the break on, and the same one before', () => {
    const [broken, whole] = [volatilityBreak(1, 600, 300), volatilityBreak(1, 600, 600)];
    expect(broken.bars.slice(0, 300)).toEqual(whole.bars.slice(0, 300));
    const returns = returnsOf(broken);
    expect(meanOf(squares(returns.slice(320)))).toBeGreaterThan(3 * meanOf(squares(returns.slice(0, 300))));
    const turned = directionBreak(1, 4_000, 2_000);
    const momentum = (from: number, to: number): number => {
      const moves = returnsOf(turned);
      const agree = moves.slice(from, to).map((move, index) => {
        const bar = from + index;
        const back = moves.slice(bar - 21, bar - 1).reduce((sum, each) => sum + each, 0);
        return Math.sign(back) * move;
      });
      return meanOf(agree);
    };
    expect(momentum(100, 1_990)).toBeGreaterThan(0.001);
    expect(momentum(2_030, 3_990)).toBeLessThan(-0.001);
  });

  it('draw days of a real series without their order', () => {
    const real = garchMarket(5, 200).bars;
    const bars = Float64Array.from(
      real.flatMap(({ eventTime, open, high, low, close, volume }) => [
        eventTime.getTime(),
        open,
        high,
        low,
        close,
        volume,
      ]),
    );
    const drawn = resampledMarket(1, 400, { bars, rows: real.length } as SeriesSnapshot);
    const known = new Set(returnsOf({ bars: real, nextVariance: new Float64Array() }).map((each) => each.toFixed(10)));
    for (const each of returnsOf(drawn)) expect(known.has(each.toFixed(10))).toBe(true);
  });
});

describe('expectedLoss', () => {
  it('is least for whoever knows the law', () => {
    const market = { nextVariance: Float64Array.of(1, 4), isSymmetric: false };
    const volatility = lawOf({ task: 'volatility' }, market, new Float64Array());
    const right = expectedLoss(volatility, Float64Array.of(1, 2), 0);
    expect(right).toBeCloseTo((1 + (Math.log(4) + 1)) / 2, 12);
    expect(expectedLoss(volatility, Float64Array.of(2), 1)).toBeCloseTo(Math.log(4) + 1, 12);
    for (const wrong of [0.9, 1.1])
      expect(expectedLoss(volatility, Float64Array.of(wrong, 2), 0)).toBeGreaterThan(right);
    const direction = lawOf({ task: 'direction' }, market, Float64Array.of(1, 0, 1, 1, Number.NaN));
    const fair = expectedLoss(direction, Float64Array.of(0.75), 0);
    expect(expectedLoss(direction, Float64Array.of(0.7), 0)).toBeGreaterThan(fair);
    expect(lawOf({ task: 'direction' }, { ...market, isSymmetric: true }, Float64Array.of(1))).toEqual({
      task: 'direction',
      rise: 0.5,
    });
  });
});
