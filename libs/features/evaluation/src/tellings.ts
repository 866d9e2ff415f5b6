import type { Agent, Tellings } from '@tidemark/contracts';
import { backtestDirection, type BacktestFigures } from '@tidemark/native';
import { TRADABLE_BARS } from './result-row.js';
import { horizonOf, type Span, type SpanOutputs } from './scored-span.js';

type Telling = Tellings['items'][number];

/**
 * Row 12: the policy's signals told naively and honestly. Each step down the list takes away one flattering habit; the
 * last one asks what a signal that hardly ever changes would have earned under the same honest rules.
 */
export function tellings(agent: Agent, span: Span, outputs: SpanOutputs, baseline: SpanOutputs): Tellings {
  const probabilities = outputs.get('probability');
  const naive = baseline.get('probability');
  if (probabilities === undefined || naive === undefined)
    return { items: [], note: 'A volatility agent takes no position, so there is no return to tell in two ways.' };
  if (span.closes.length < TRADABLE_BARS) return { items: [], note: 'The span is too short to trade.' };
  const honest = { fillLag: 1, costBps: agent.position.costBps };
  const items: Telling[] = [
    overlapping(agent, span, probabilities),
    {
      name: 'marked daily, filled at the close that decided, without cost',
      isHonest: false,
      ...sharpeOf(marked(agent, span, probabilities, { fillLag: 0, costBps: 0 })),
    },
    {
      name: `marked daily, filled at the next close, ${agent.position.costBps} bp a side`,
      isHonest: true,
      ...sharpeOf(marked(agent, span, probabilities, honest)),
    },
    {
      name: 'the naive baseline’s signal, told as honestly',
      isHonest: true,
      ...sharpeOf(marked(agent, span, naive, honest)),
    },
  ];
  return { items };
}

function marked(
  agent: Agent,
  { closes }: Span,
  probabilities: Float64Array,
  execution: { readonly fillLag: number; readonly costBps: number },
): BacktestFigures {
  const { rule, smoothing, barsPerYear } = agent.position;
  return backtestDirection({ rule, smoothing, barsPerYear, closes, probabilities, ...execution });
}

function sharpeOf({ netSharpe, netSharpeSe }: BacktestFigures): Pick<Telling, 'sharpe' | 'standardError'> {
  return { sharpe: netSharpe, standardError: netSharpeSe };
}

/**
 * The return over the whole label interval, counted anew on every bar and annualised as if each were a day's: the labels
 * overlap, so the same move is counted several times over. It has no standard error worth printing.
 */
function overlapping(agent: Agent, { closes }: Span, probabilities: Float64Array): Telling {
  const horizon = horizonOf(agent);
  const lag = agent.label.kind === 'forward_return_sign' ? agent.label.lag : 0;
  const wrongSide = agent.position.rule === 'long_short' ? -1 : 0;
  const returns = Array.from({ length: Math.max(0, closes.length - lag - horizon) }, (_, row) => {
    const signal = probabilities[row]! > 0.5 ? 1 : wrongSide;
    return signal * (closes[row + lag + horizon]! / closes[row + lag]! - 1);
  });
  return {
    name: `overlapping ${horizon}-bar returns, annualised as if daily, without cost`,
    isHonest: false,
    sharpe: annualised(returns, agent.position.barsPerYear),
  };
}

/** Mean over standard deviation (n − 1), times the root of the bars of a year; undefined where returns do not vary. */
function annualised(returns: readonly number[], barsPerYear: number): number | undefined {
  if (returns.length < 2) return undefined;
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (returns.length - 1);
  return variance > 0 ? (mean / Math.sqrt(variance)) * Math.sqrt(barsPerYear) : undefined;
}
