import type { Agent, ResultRow } from '@tidemark/contracts';
import { backtest, lossByRow, primary } from './result-row.js';
import type { Span } from './scored-span.js';
import { nameOf, type Measured } from './table-rows.js';

/** A line of a plot: one value a bar from `firstRow` of the span on. */
export interface Curve {
  readonly kind: ResultRow['kind'];
  readonly name: string;
  readonly firstRow: number;
  readonly values: Float64Array;
}

export interface Curves {
  readonly eventTimes: readonly Date[];
  /** Net return of every bar; empty for volatility agents. */
  readonly returns: readonly Curve[];
  /** Loss of every bar minus the baseline's; NaN where a label has not matured. */
  readonly lossDifferences: readonly Curve[];
}

export function curvesOf(agent: Agent, span: Span, measured: Omit<Measured, 'baseline'>): Curves {
  const naive = lossByRow(agent, span, measured.naive);
  const lossDifferences = measured.served.map((served) => ({
    kind: served.kind,
    name: nameOf(served),
    firstRow: 0,
    values: lossByRow(agent, span, served.rows.outputs).map((loss, row) => loss - naive[row]!),
  }));
  const returns = agent.task === 'direction' ? returnsOf(agent, span, measured) : [];
  return { eventTimes: span.eventTimes, returns, lossDifferences };
}

function returnsOf(agent: Agent, span: Span, { naive, served, against }: Omit<Measured, 'baseline'>): Curve[] {
  const policy = served.at(-1)!;
  const traded = [
    {
      kind: policy.kind,
      name: nameOf(policy),
      figures: backtest(agent, span, primary(agent, policy.rows.outputs)),
    },
    { kind: 'hold', name: 'hold the index', figures: against.hold },
    { kind: 'baseline', name: 'naive baseline', figures: backtest(agent, span, primary(agent, naive)) },
  ] as const;
  return traded.flatMap(({ kind, name, figures }) =>
    figures === undefined ? [] : [{ kind, name, firstRow: figures.firstBar, values: figures.netReturns }],
  );
}
