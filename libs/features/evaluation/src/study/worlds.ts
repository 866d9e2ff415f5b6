import { createHash } from 'node:crypto';
import { onSimulated } from '@tidemark/config';
import type { Agent, QuietRow, StudySizes } from '@tidemark/contracts';
import type { SeriesSnapshot } from '@tidemark/market-data/read';
import { snapshotHash } from '@tidemark/market-data/read';
import { directionBreak, garchMarket, resampledMarket, volatilityBreak, type Market } from './markets.js';

/** Changes with the simulations: markets of another version have other series. */
const VERSION = 1;
/** Of the digest in a series' name. */
const NAME_DIGITS = 10;

/** A simulated market of a study. */
export interface World {
  /** `garch-1`: also the end of its timeline's name. */
  readonly name: string;
  readonly kind: QuietRow['kind'] | 'break';
  readonly seed: number;
  /** Name of the series that holds it: the same for the same bars. */
  readonly series: string;
  /** Name of the agent's double that learns from it. */
  readonly agent: string;
  /** Bars in all, of which the first are the warm-up. */
  readonly bars: number;
  /** Bar from which another law holds. */
  readonly breakAt?: number;
}

/** The markets without a signal, then those with a break. */
export function worldsOf(agent: Agent, sizes: StudySizes, known: SeriesSnapshot): World[] {
  const { warmUpBars: warmUp, quietBars, beforeBreakBars, afterBreakBars } = sizes;
  const data = snapshotHash(known);
  const many = (kind: World['kind'], seeds: number, bars: number, breakAt?: number): World[] =>
    Array.from({ length: seeds }, (_, index) => {
      const law = {
        VERSION,
        kind,
        seed: index + 1,
        bars,
        breakAt,
        task: breakAt && agent.task,
        data: kind === 'resampled' && data,
      };
      const series = `sim_${kind}_${sha256(JSON.stringify(law)).slice(0, NAME_DIGITS)}`;
      return {
        name: `${kind}-${index + 1}`,
        kind,
        seed: index + 1,
        series,
        agent: onSimulated(agent.agent, series),
        bars,
        breakAt,
      };
    });
  const breakAt = warmUp + beforeBreakBars;
  return [
    ...many('garch', sizes.quietSeeds, warmUp + quietBars),
    ...many('resampled', sizes.quietSeeds, warmUp + quietBars),
    ...many('break', sizes.breakSeeds, breakAt + afterBreakBars, breakAt),
  ];
}

/** The market of a world: the same each time. */
export function simulate(agent: Agent, { kind, seed, bars, breakAt = bars }: World, known: SeriesSnapshot): Market {
  if (kind === 'garch') return garchMarket(seed, bars);
  if (kind === 'resampled') return resampledMarket(seed, bars, known);
  return agent.task === 'direction' ? directionBreak(seed, bars, breakAt) : volatilityBreak(seed, bars, breakAt);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
