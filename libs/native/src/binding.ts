// Generated from crates/native by `node scripts/build-native.mjs --write-types`; do not edit.

/** Figures of a backtest. What could not be computed is absent. */
export interface BacktestFigures {
  /** Bars with a return. */
  bars: number;
  /** The first of them, counted in closes. It depends on the fill alone. */
  firstBar: number;
  /** Return after cost of each of these bars. */
  netReturns: Float64Array;
  /** Annualised Sharpe ratio after cost; absent when returns do not vary. */
  netSharpe?: number;
  /** Its HAC standard error. */
  netSharpeSe?: number;
  /** Compounded return after cost. */
  netReturn: number;
  /** Sum of absolute position changes per year. */
  turnoverPerYear: number;
  /** Largest fall from a peak of the compounded net return, as a share: zero or negative. */
  maxDrawdown: number;
  /** Cost at which the summed net returns are zero; absent without turnover. */
  breakEvenBps?: number;
}

/** How probabilities become positions and positions become returns. */
export interface BacktestOptions {
  /** `long_flat` or `long_short`. */
  rule: 'long_flat' | 'long_short';
  /** Daily signals averaged into a position. */
  smoothing: number;
  /** Bars between the decision's close and the fill's close; 0 fills at the same close. */
  fillLag: number;
  /** Cost per unit of turnover, basis points. */
  costBps: number;
  /** Bars of a year. */
  barsPerYear: number;
}

/** Both exact one-sided p-values of a count. */
export interface BinomialTails {
  /** P(X >= successes): against too many. */
  atLeast: number;
  /** P(X <= successes): against too few. */
  atMost: number;
}

/** One bin `low <= x < high` of both samples and its term of the statistic. */
export interface DriftBin {
  /** Lower end; absent in the lowest bin, which is open. */
  low?: number;
  /** Upper end; absent in the highest bin, which is open. */
  high?: number;
  /** Reference values in it. */
  reference: number;
  /** Current values in it. */
  current: number;
  /** Its term of the sum. */
  contribution: number;
}

/** What was left out of one column. */
export interface DriftColumnRates {
  /** Of the reference. */
  reference: NonFiniteRates;
  /** Of the current sample. */
  current: NonFiniteRates;
}

/** Drift of every column. */
export interface DriftMatrixResult {
  /** All conventions of column 0 in the order asked for, then those of column 1, and so on. */
  scores: Array<DriftMatrixScore>;
  /** One entry a column. */
  columns: Array<DriftColumnRates>;
}

/** One statistic of one column. */
export interface DriftMatrixScore {
  /** Column, from 0. */
  column: number;
  /** Name of the convention. */
  convention: string;
  /** As of a single comparison. */
  status: 'ok' | 'insufficient' | 'degenerate';
  /** The figure; absent where there is none. */
  value?: number;
  /** p-value for independent values, where asked for and the statistic has one. */
  p?: number;
  /** Finite reference values. */
  nReference: number;
  /** Finite current values. */
  nCurrent: number;
}

/** What a drift statistic found. What could not be computed is absent. */
export interface DriftResult {
  /** Name of the convention. */
  convention: string;
  /** Its version; the same version of a convention gives the same numbers. */
  version: number;
  /**
   * `ok`, `insufficient` (a sample has no finite value) or `degenerate` (the reference does not vary; a value, where
   * there is one, says that the samples differ and not by how much).
   */
  status: 'ok' | 'insufficient' | 'degenerate';
  /** The figure: 0 when the samples agree, larger the further they lie apart. */
  value?: number;
  /** Finite reference values. */
  nReference: number;
  /** Finite current values. */
  nCurrent: number;
  /** p-value for independent values, where the statistic has one. */
  p?: number;
  /** `ks`: value at which the distributions lie furthest apart. */
  location?: number;
  /** `ks`: 1 when current values are larger there, -1 when smaller. */
  sign?: number;
  /** Occupied bins in ascending order; absent where the statistic has none. */
  bins?: Array<DriftBin>;
}

/** Rows of a row-major matrix to compare, half-open. */
export interface DriftWindows {
  /** Values in a row. */
  columns: number;
  /** First row of the reference. */
  referenceFrom: number;
  /** Row after its last. */
  referenceTo: number;
  /** First row of the current sample. */
  currentFrom: number;
  /** Row after its last. */
  currentTo: number;
}

/** Labels by bar. */
export interface LabelColumns {
  /** The label, NaN where it has not matured. */
  value: Float64Array;
  /** Bar whose close opens the label's interval, -1 where it has not matured. */
  startIndex: Int32Array;
  /** Bar at which the label matures, -1 where it has not. */
  endIndex: Int32Array;
}

/** One graph input or output. */
export interface ModelPort {
  /** Name in the graph. */
  name: string;
  /** Columns in the flat row. */
  width: number;
  /** `f32`, `f64` or `i64`; values are `f64` on this side either way. */
  dtype: string;
}

/** What a model says about itself. */
export interface NativeModelMetadata {
  /** Inputs in graph order. */
  inputs: Array<ModelPort>;
  /** Outputs in graph order. */
  outputs: Array<ModelPort>;
  /** Columns of one flat input row. */
  rowWidth: number;
  /** Columns of one flat output row. */
  outputWidth: number;
  /** SHA-256 of the file, lower-case hexadecimal. */
  sha256: string;
  /** Size of the file. */
  bytes: number;
  /** Custom metadata of the file. */
  custom: Record<string, string>;
}

/** Values of a window that no statistic uses. The shares are absent for a window without rows. */
export interface NonFiniteRates {
  /** Rows of the window. */
  rows: number;
  /** Share of NaN, in 0..1. */
  nan?: number;
  /** Share of +Infinity. */
  positiveInfinity?: number;
  /** Share of -Infinity. */
  negativeInfinity?: number;
}

/** An interval. */
export interface NumberInterval {
  /** Lower end. */
  low: number;
  /** Upper end. */
  high: number;
}

/** What a paired comparison found. What could not be computed is absent. */
export interface PairedLossResult {
  /** `ok`, `insufficient` (too few pairs) or `degenerate` (the differences do not vary). */
  status: 'ok' | 'insufficient' | 'degenerate';
  /** Number of pairs. */
  n: number;
  /** Mean of candidate loss minus incumbent loss; below zero the candidate is better. */
  meanDifference?: number;
  /** HAC standard error of that mean. */
  standardError?: number;
  /** Mean difference over its standard error. */
  t?: number;
  /** The candidate is superior when t lies below minus this value. */
  criticalValue?: number;
  /** Lags in the long-run variance. */
  bandwidth: number;
  /** Number of independent differences that would be as informative. */
  effectiveN?: number;
  /**
   * One-sided upper bound of the mean difference at the level of the test; of differences that are one and the same
   * number, that number.
   */
  upperBound?: number;
  /** Whether the candidate's loss is significantly lower. Never true unless the status is ok. */
  superior: boolean;
}

/** What a comparison of two Sharpe ratios found. What could not be computed is absent. */
export interface SharpeDifferenceResult {
  /**
   * `ok`, `insufficient` (fewer than 250 pairs) or `degenerate` (a series does not vary, or one is a positive
   * multiple of the other).
   */
  status: 'ok' | 'insufficient' | 'degenerate';
  /** Number of pairs. */
  n: number;
  /** Annualised Sharpe ratio of the first series minus that of the second. */
  difference?: number;
  /** HAC standard error of that difference. */
  standardError?: number;
  /** Difference over its standard error. */
  t?: number;
  /** The ratios differ when |t| is beyond this value: two-sided, 5 %, fixed-b. */
  criticalValue?: number;
  /** 95 % interval of the difference, by the same critical value. */
  interval?: NumberInterval;
  /** Lags in the long-run variance. */
  bandwidth: number;
  /** Whether the ratios differ significantly. Never true unless the status is ok. */
  significant: boolean;
}

/** How a value at risk held up. What could not be computed is absent. */
export interface ValueAtRiskFigures {
  /** Bars compared. */
  n: number;
  /** Bars whose loss exceeded the value at risk. */
  breaches: number;
  /** Bars times the stated probability. */
  expected: number;
  /** Breaches over bars. */
  rate: number;
  /** Exact 95 % interval of the probability of a breach. */
  rateInterval: NumberInterval;
  /** Is the number of breaches as stated? (Kupiec, 1995.) */
  kupiecP: number;
  /**
   * Number and independence together: conditional coverage (Christoffersen, 1998). Absent without a bar before or
   * after a breach to judge.
   */
  christoffersenP?: number;
  /** Do breaches come independently of the bar before? Absent as the one above. */
  independenceP?: number;
  /** Most breaches in any 250 consecutive bars; absent for a shorter span. */
  worstWindowBreaches?: number;
}

/** Every export of the addon. */
export interface NativeBinding {
  /** Trades daily probabilities on daily closes; NaN is an abstention. */
  backtestDirection(closes: Float64Array, probabilities: Float64Array, options: BacktestOptions): BacktestFigures;
  /** Exact interval of a success probability (Clopper and Pearson, 1934). */
  binomialInterval(successes: number, trials: number, confidence: number): NumberInterval;
  /** Tails of `successes` in `trials` of the given probability. */
  binomialTails(successes: number, trials: number, probability: number): BinomialTails;
  /** Frees the model; the handle is invalid from then on. Batches under way keep it alive until they end. */
  disposeModel(handle: number): void;
  /** Every convention for every column of a row-major matrix, between two windows of its rows. */
  driftMatrix(
    values: Float64Array,
    windows: DriftWindows,
    conventions: Array<string>,
    withP: boolean,
  ): DriftMatrixResult;
  /** Every convention's distance of `current` from `reference`, in the order of `conventions`. */
  driftStatistics(
    reference: Float64Array,
    current: Float64Array,
    conventions: Array<string>,
    withP: boolean,
  ): Array<DriftResult>;
  /** Loads the ONNX Runtime library (absolute path) once per process and returns its build description. */
  initRuntime(libraryPath: string): string;
  /**
   * Writes the model input rows of bars `from..to` (half-open) into `out`. `spec` is JSON `{inputs, label}`; bars are
   * rows of six: event time in epoch ms, open, high, low, close, volume.
   */
  inputRows(spec: string, bars: Float64Array, from: number, to: number, out: Float64Array): void;
  /** The label of every bar. */
  labels(label: string, bars: Float64Array): LabelColumns;
  /** Loads a model file; `expectedSha256` and `maxBytes` are checked before anything is parsed. */
  loadModel(path: string, expectedSha256?: string | null, maxBytes?: number | null): number;
  /** As `loadModel`, off the JavaScript thread. */
  loadModelAsync(path: string, expectedSha256?: string | null, maxBytes?: number | null): Promise<number>;
  /** Log loss of every row: probabilities of a label of 1 against labels of 0 or 1. */
  logLossPerRow(probabilities: Float64Array, labels: Float64Array): Float64Array;
  /** What the model says about itself. */
  modelMetadata(handle: number): NativeModelMetadata;
  /**
   * One-sided test that the candidate's expected loss is below the incumbent's on the same rows, in time order, for
   * labels that run over `horizon` bars. `alpha` is 0.1, 0.05, 0.025 or 0.01.
   */
  pairedLossTest(
    candidate: Float64Array,
    incumbent: Float64Array,
    horizon: number,
    alpha: number,
    minPairs?: number | null,
  ): PairedLossResult;
  /** Panics; the caller receives `NATIVE_PANIC`. */
  panicProbe(): void;
  /** Panics on a worker thread; the promise rejects with `NATIVE_PANIC`. */
  panicProbeAsync(): Promise<void>;
  /** Scores `rows` rows (row-major) off the JavaScript thread; the input is copied before this returns. */
  predictBatch(handle: number, input: Float64Array, rows: number): Promise<Float64Array>;
  /** Scores `rows` rows (row-major) into the caller's array, on the calling thread. */
  predictBatchInto(handle: number, input: Float64Array, rows: number, output: Float64Array): void;
  /** Scores one row into the caller's array. */
  predictInto(handle: number, input: Float64Array, output: Float64Array): void;
  /** QLIKE of every row: forecasts of the standard deviation of the next return against its square. */
  qlikePerRow(volatilities: Float64Array, squaredReturns: Float64Array): Float64Array;
  /**
   * Two-sided test at 5 % that two series of returns over the same bars, in time order, have the same Sharpe ratio
   * (Ledoit and Wolf, 2008). `horizon` is the number of bars that each return runs over.
   */
  sharpeDifference(
    first: Float64Array,
    second: Float64Array,
    barsPerYear: number,
    horizon: number,
  ): SharpeDifferenceResult;
  /** Average uniqueness of the label of every bar, 0 where it has not matured. */
  uniqueness(label: string, bars: Float64Array): Float64Array;
  /**
   * How a value at risk held up on consecutive bars. A breach is a return below minus the value at risk, both in the
   * same unit; `probability` is the stated one of a breach.
   */
  valueAtRiskReport(returns: Float64Array, valuesAtRisk: Float64Array, probability: number): ValueAtRiskFigures;
  /** Scores `rows` invented rows, so that the first real one does not pay for lazy allocation and cold caches. */
  warmUp(handle: number, rows: number): void;
}
