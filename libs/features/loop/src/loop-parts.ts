import type { Decision } from '@tidemark/contracts';
import type { OutcomeReader, Predictor } from '@tidemark/inference/read';
import type { BarReader, FreshnessReader } from '@tidemark/market-data/read';
import type { MonitorSession } from '@tidemark/monitoring/read';
import type { ControlReader, Decider } from '@tidemark/policy/read';
import type { VersionCatalog, VersionRegistrar } from '@tidemark/registry/read';
import type { FitOrders } from './fit-orders.js';
import type { LoopCounts } from './loop-counts.js';
import type { LoopRepository } from './loop.repository.js';
import type { ProductionFacts } from './production-facts.js';

/** Services that a loop goes through; the same for live and replay. */
export interface LoopServices {
  readonly bars: BarReader;
  readonly freshness: FreshnessReader;
  readonly predictor: Predictor;
  readonly outcomes: OutcomeReader;
  readonly catalog: VersionCatalog;
  readonly registrar: VersionRegistrar;
  readonly decider: Decider;
  readonly controls: ControlReader;
  readonly orders: FitOrders;
  readonly repository: LoopRepository;
}

/** What a loop remembers between slots. */
export interface LoopMemory {
  readonly session: MonitorSession;
  readonly counts: LoopCounts;
  /** Bars up to this event time have been observed, passed over, or are warm-up. */
  seenBar: Date | undefined;
  /** Newest observed bar. */
  lastBar: Date | undefined;
  /** When it was observed: time only advances, even where an older bar arrives after a newer one. */
  lastAt: Date | undefined;
  /** Newest bar a retrain slot has decided about. */
  lastDecided: Date | undefined;
  seenSlot: Date;
  production: ProductionFacts;
  /** Trainings nobody has decided about, with the number of bars observed when each was asked for. */
  readonly open: { readonly decision: Decision; readonly observed: number }[];
}
