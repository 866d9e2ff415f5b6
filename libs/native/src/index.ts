export { initNative, defaultLibrary, type NativeOptions } from './addon.js';
export { binomialTails } from './binomial.js';
export type {
  BacktestFigures,
  BinomialTails,
  DriftBin,
  DriftColumnRates,
  DriftMatrixResult,
  DriftMatrixScore,
  DriftResult,
  LabelColumns,
  ModelPort,
  NonFiniteRates,
  NumberInterval,
  PairedLossResult,
  SharpeDifferenceResult,
  ValueAtRiskFigures,
} from './binding.js';
export {
  driftMatrix,
  driftStatistics,
  type DriftConvention,
  type DriftMatrixOptions,
  type DriftOptions,
} from './drift.js';
export { NativeError } from './errors.js';
export { computeInputs, computeLabels, computeUniqueness, rowWidth, type BarMatrix, type RowSpec } from './features.js';
export {
  backtestDirection,
  binomialInterval,
  lossPerRow,
  valueAtRiskReport,
  type DirectionBacktest,
  type LossName,
} from './measures.js';
export { Model, type LoadOptions, type ModelMetadata } from './model.js';
export { packRow, type NamedInputs } from './pack-row.js';
export {
  pairedLossTest,
  sharpeDifference,
  type PairedLossOptions,
  type SharpeDifferenceOptions,
} from './statistics.js';
