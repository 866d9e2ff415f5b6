import type { AlarmFacts, MonitorStatus, Monitors, Severity } from '@tidemark/contracts';
import { hysteresisOf, isMoreSevere, isOfVersion, kindOf, messageOf, severityOf } from './alert-rules.js';
import type { Evaluation, MonitorName } from './evaluation.js';
import { SILENT, isOpen, step, type PhaseState } from './hysteresis.js';

/** What is remembered of one monitor and subject. */
export interface MonitorState extends PhaseState {
  readonly monitor: MonitorName;
  readonly subject: string;
  /** First bar at which it could say something. */
  readonly speaksFrom?: Date;
  readonly status: MonitorStatus;
  readonly value?: number;
  readonly limit?: number;
  /** Of the alert that stands. */
  readonly severity?: Severity;
}

export interface AlertOpening {
  readonly monitor: MonitorName;
  readonly subject: string;
  readonly kind: ReturnType<typeof kindOf>;
  readonly severity: Severity;
  readonly message: string;
  readonly value?: number;
  readonly limit?: number;
}

export interface AlertChange {
  readonly monitor: MonitorName;
  readonly subject: string;
}

/** What one bar changed. */
export interface AlertChanges {
  readonly states: MonitorState[];
  readonly opened: AlertOpening[];
  readonly resolved: (AlertChange & { readonly by: string })[];
  readonly escalated: (AlertChange & { readonly severity: Severity })[];
}

/** Subject of the one alert that stands for many features. */
export const GROUP = 'features';
/** Fewer firing features than this are named one by one. */
const GROUP_MIN = 3;

/**
 * States of an agent's monitors and what follows for its alerts. An alert opens when a phase begins to fire and is resolved
 * when it ends: one that a person resolved earlier comes back only after the condition has cleared. When more than half of
 * the features fire, one alert stands for them all until none does.
 */
export class AlertDesk {
  private readonly states = new Map<string, MonitorState>();

  constructor(
    private readonly rule: Monitors['hysteresis'],
    stored: readonly MonitorState[] = [],
  ) {
    for (const state of stored) this.states.set(keyOf(state), state);
    const group = this.states.get(GROUP_KEY);
    if (group !== undefined) this.states.set(GROUP_KEY, { ...group, ...this.groupFigures(isOpen(group.phase)) });
  }

  /** Takes the evaluations of one bar. `isNewRecipe`: another recipe serves than on the bar before. */
  apply(evaluations: readonly Evaluation[], asOf: Date, isNewRecipe: boolean): AlertChanges {
    const changes: AlertChanges = { states: [], opened: [], resolved: [], escalated: [] };
    const before = new Map(this.states);
    if (isNewRecipe) this.forgetVersion(changes);
    for (const evaluation of evaluations) this.update(evaluation, asOf);
    const wasGrouped = this.isGrouped;
    const isGrouped = this.updateGroup(asOf);
    const isCovered = ({ monitor }: Evaluation): boolean => monitor === 'features' && (wasGrouped || isGrouped);
    for (const evaluation of evaluations) {
      if (!isCovered(evaluation)) this.follow(evaluation, before.get(keyOf(evaluation)), changes);
    }
    if (isGrouped !== wasGrouped) this.followGroup(isGrouped, before, changes);
    for (const [key, state] of this.states) if (hasChanged(before.get(key), state)) changes.states.push(state);
    return changes;
  }

  alarms(): AlarmFacts[] {
    return [...this.states.values()].sort(byName).map(({ monitor, subject, phase, status, value, limit }) => ({
      monitor,
      subject,
      phase,
      severity: severityOf(monitor, status),
      ...(value === undefined ? {} : { value }),
      ...(limit === undefined ? {} : { limit }),
    }));
  }

  private forgetVersion(changes: AlertChanges): void {
    for (const [key, state] of this.states) {
      if (!isOfVersion(state.monitor)) continue;
      if (isOpen(state.phase)) changes.resolved.push({ ...nameOf(state), by: 'another recipe serves' });
      this.states.set(key, { ...state, ...SILENT, severity: undefined });
    }
  }

  private update(evaluation: Evaluation, asOf: Date): void {
    const { monitor, subject, status, value, limit, ratio } = evaluation;
    const state = this.states.get(keyOf(evaluation));
    const next = step(state ?? SILENT, ratio, hysteresisOf(monitor, this.rule));
    const speaksFrom = state?.speaksFrom ?? (ratio === undefined ? undefined : asOf);
    const severity = isOpen(next.phase) ? state?.severity : undefined;
    this.states.set(keyOf(evaluation), { monitor, subject, ...next, speaksFrom, status, value, limit, severity });
  }

  /** Opens or closes the alert of one monitor, or makes it more severe. */
  private follow(evaluation: Evaluation, previous: MonitorState | undefined, changes: AlertChanges): void {
    const state = this.states.get(keyOf(evaluation))!;
    const wasOpen =
      isOpen(previous?.phase ?? 'silent') && !changes.resolved.some((done) => keyOf(done) === keyOf(state));
    const severity = severityOf(state.monitor, state.status);
    if (isOpen(state.phase) && !wasOpen) {
      changes.opened.push({ ...openingOf(evaluation), severity });
      this.states.set(keyOf(state), { ...state, severity });
    } else if (wasOpen && !isOpen(state.phase)) {
      changes.resolved.push({ ...nameOf(state), by: 'monitor' });
    } else if (state.severity !== undefined && isMoreSevere(severity, state.severity)) {
      changes.escalated.push({ ...nameOf(state), severity });
      this.states.set(keyOf(state), { ...state, severity });
    }
  }

  private get isGrouped(): boolean {
    return isOpen(this.states.get(GROUP_KEY)?.phase ?? 'silent');
  }

  /** Whether one alert stands for the features after this bar. */
  private updateGroup(asOf: Date): boolean {
    const { value: firing, limit } = this.groupFigures(false);
    const isGrouped = this.isGrouped ? firing > 0 : firing >= GROUP_MIN && firing > limit;
    const state = this.states.get(GROUP_KEY);
    if (state === undefined && !isGrouped) return false;
    this.states.set(GROUP_KEY, {
      monitor: 'features',
      subject: GROUP,
      phase: isGrouped ? 'firing' : 'ok',
      streak: 0,
      speaksFrom: state?.speaksFrom ?? asOf,
      ...this.groupFigures(isGrouped),
    });
    return isGrouped;
  }

  /** Features that fire, against half of all. */
  private groupFigures(isGrouped: boolean): { status: MonitorStatus; value: number; limit: number } {
    const features = [...this.states.values()].filter(
      (state) => state.monitor === 'features' && state.subject !== GROUP,
    );
    const value = features.filter(({ phase }) => isOpen(phase)).length;
    return { status: isGrouped ? 'warning' : 'ok', value, limit: features.length / 2 };
  }

  /** One alert takes the place of those of its members, or ends. */
  private followGroup(isGrouped: boolean, before: ReadonlyMap<string, MonitorState>, changes: AlertChanges): void {
    if (isGrouped) {
      for (const state of before.values()) {
        const isMember = state.monitor === 'features' && state.subject !== GROUP;
        if (isMember && isOpen(state.phase)) changes.resolved.push({ ...nameOf(state), by: 'grouped' });
      }
      changes.opened.push(this.groupOpening());
    } else changes.resolved.push({ monitor: 'features', subject: GROUP, by: 'monitor' });
  }

  private groupOpening(): AlertOpening {
    const { value, limit, status } = this.states.get(GROUP_KEY)!;
    const message = `${value} of ${2 * limit!} features drift at once; one alert stands for them until none does.`;
    const severity = severityOf('features', status);
    return { monitor: 'features', subject: GROUP, kind: kindOf('features'), severity, message, value, limit };
  }
}

const GROUP_KEY = keyOf({ monitor: 'features', subject: GROUP });

function keyOf({ monitor, subject }: AlertChange): string {
  return `${monitor}/${subject}`;
}

function nameOf({ monitor, subject }: AlertChange): AlertChange {
  return { monitor, subject };
}

function byName(one: AlertChange, other: AlertChange): number {
  return keyOf(one) < keyOf(other) ? -1 : 1;
}

function openingOf(evaluation: Evaluation): Omit<AlertOpening, 'severity'> {
  const { monitor, subject, value, limit } = evaluation;
  return { monitor, subject, kind: kindOf(monitor), message: messageOf(evaluation), value, limit };
}

function hasChanged(before: MonitorState | undefined, after: MonitorState): boolean {
  return (
    before === undefined ||
    before.phase !== after.phase ||
    before.streak !== after.streak ||
    before.speaksFrom?.getTime() !== after.speaksFrom?.getTime()
  );
}
