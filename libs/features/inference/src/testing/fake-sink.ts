import { defect, operationalError } from '@tidemark/kernel';
import type { PredictionRecord } from '../prediction-record.js';
import { ROWS_REFUSED, type PredictionSink } from '../prediction-writer.js';

export type SinkMood = 'ok' | 'away' | 'commits without an answer';

/** A prediction table in memory whose connection has moods. Ids are unique, as in the database. */
export class FakeSink implements PredictionSink {
  mood: SinkMood = 'ok';
  /** Rows whose key says so can never be stored. */
  poisonKey = 'poison';
  readonly rows: PredictionRecord[] = [];
  /** Sizes of the groups committed. */
  readonly groups: number[] = [];
  writes = 0;
  /** When set, a write waits for it before it commits. */
  gate: Promise<void> | undefined;

  async write(records: readonly PredictionRecord[]): Promise<void> {
    this.writes += 1;
    await this.gate;
    await this.answer();
    if (records.some(({ key }) => key === this.poisonKey)) throw defect(ROWS_REFUSED, 'a value cannot be stored');
    const known = new Set(this.rows.map(({ id }) => id));
    if (records.some(({ id }) => known.has(id))) throw new Error('duplicate key');
    this.rows.push(...records);
    if (this.mood === 'commits without an answer') throw away();
    this.groups.push(records.length);
  }

  async stored(records: readonly PredictionRecord[]): Promise<ReadonlySet<string>> {
    await this.answer();
    const known = new Set(this.rows.map(({ id }) => id));
    return new Set(records.map(({ id }) => id).filter((id) => known.has(id)));
  }

  private async answer(): Promise<void> {
    if (this.mood === 'away') throw away();
  }
}

function away(): Error {
  return operationalError('DATABASE_UNAVAILABLE', 'the test has taken it away');
}
