import type { Agent } from '@tidemark/contracts';
import { forecastOf, type MaturedBar } from './served-series.js';

/** A rise is forecast above this probability. */
const THRESHOLD = 0.5;

/**
 * Figures people ask for, reported and never a trigger: on overlapping labels they swing further than a real loss of skill
 * would move them. A figure without anything to count is absent. Nothing for volatility.
 */
export function directionFigures(task: Agent['task'], bars: readonly MaturedBar[]): Record<string, number> {
  if (task !== 'direction' || bars.length === 0) return {};
  const count = { hits: 0, rises: 0, forecast: 0, both: 0 };
  let brier = 0;
  for (const bar of bars) {
    const probability = forecastOf(bar);
    const isForecast = probability > THRESHOLD;
    const isRise = bar.truth > THRESHOLD;
    count.hits += Number(isForecast === isRise);
    count.rises += Number(isRise);
    count.forecast += Number(isForecast);
    count.both += Number(isForecast && isRise);
    brier += (probability - bar.truth) ** 2;
  }
  const n = bars.length;
  return {
    hitRate: count.hits / n,
    baseRate: count.rises / n,
    brier: brier / n,
    ...share('precision', count.both, count.forecast),
    ...share('recall', count.both, count.rises),
    ...share('f1', 2 * count.both, count.forecast + count.rises),
  };
}

function share(name: string, part: number, whole: number): Record<string, number> {
  return whole === 0 ? {} : { [name]: part / whole };
}
