import type { AlertKind, MonitorStatus, Severity } from '@tidemark/contracts';
import { IMMEDIATE, type Hysteresis } from './hysteresis.js';
import type { DriftEvaluation, Evaluation, MonitorName } from './evaluation.js';

interface AlertRule {
  readonly kind: AlertKind;
  /** Severity of an alert while the status is warning, and critical. */
  readonly warning: Severity;
  readonly critical: Severity;
  /** One bar is enough to open and to close it. */
  readonly isImmediate?: true;
  /** A count in zones: closes in the green zone, not below a share of its limit. */
  readonly isZoned?: true;
  /** Speaks of the version that serves: starts anew with another one. */
  readonly isOfVersion?: true;
}

/** Drift alone informs; a higher loss costs money now; a model that sees other inputs than it was trained on is broken. */
const RULES: Readonly<Record<MonitorName, AlertRule>> = {
  features: { kind: 'DRIFT', warning: 'medium', critical: 'high' },
  predictions: { kind: 'DRIFT', warning: 'medium', critical: 'high' },
  loss: { kind: 'PERFORMANCE', warning: 'high', critical: 'critical', isOfVersion: true },
  calibration: { kind: 'PERFORMANCE', warning: 'medium', critical: 'high', isOfVersion: true },
  value_at_risk: { kind: 'PERFORMANCE', warning: 'medium', critical: 'critical', isZoned: true },
  skew: { kind: 'ERROR', warning: 'critical', critical: 'critical', isImmediate: true },
  data_age: { kind: 'WARNING', warning: 'low', critical: 'low', isImmediate: true },
  volume: { kind: 'WARNING', warning: 'medium', critical: 'medium', isImmediate: true },
};

const RANK: readonly Severity[] = ['low', 'medium', 'high', 'critical'];

export function kindOf(monitor: MonitorName): AlertKind {
  return RULES[monitor].kind;
}

export function severityOf(monitor: MonitorName, status: MonitorStatus): Severity {
  return RULES[monitor][status === 'critical' ? 'critical' : 'warning'];
}

export function isMoreSevere(one: Severity, other: Severity): boolean {
  return RANK.indexOf(one) > RANK.indexOf(other);
}

export function hysteresisOf(monitor: MonitorName, usual: Hysteresis): Hysteresis {
  const { isImmediate, isZoned } = RULES[monitor];
  if (isImmediate === true) return IMMEDIATE;
  return isZoned === true ? { ...usual, leaveShare: 1 } : usual;
}

export function isOfVersion(monitor: MonitorName): boolean {
  return RULES[monitor].isOfVersion === true;
}

/** What an alert says, in a sentence. */
export function messageOf(evaluation: Evaluation): string {
  const { monitor, subject, value, limit } = evaluation;
  if (value === undefined) return `${monitor} of ${subject}: ${text(evaluation.details.reason)}.`;
  if (monitor === 'skew') {
    const { compared, differing } = evaluation.details as { compared: number; differing: number };
    return `${differing} of ${compared} answers to callers about the bar before are not what the loop got for it.`;
  }
  if (monitor === 'data_age') {
    return evaluation.details.stale === true
      ? 'A bar is missing that should be known by now.'
      : `${number(value)} days passed between the newest bar and the one before: bars are missing.`;
  }
  if (monitor === 'calibration')
    return `The mean outcome differs from the mean forecast by ${number(value)}, the band is ±${number(limit ?? 0)}.`;
  const against = `${number(value)} against ${number(limit ?? 0)}`;
  if (monitor === 'features' || monitor === 'predictions') {
    const { statistic, pairs } = evaluation as DriftEvaluation;
    return `${subject}: ${statistic} ${against}, the limit from ${pairs} past windows of its own.`;
  }
  return `${MEASURES[monitor]}: ${against}.`;
}

const MEASURES = {
  loss: 'Loss above that of the baseline',
  value_at_risk: 'Breaches of the value at risk are out of their range',
  volume: 'Predictions in the last session',
} as const;

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function text(reason: unknown): string {
  return typeof reason === 'string' ? reason : 'beyond its limit';
}
