import { Inject, Injectable } from '@nestjs/common';
import { DATA_SOURCE, copyRows, selectRows } from '@tidemark/database';
import type { DataSource } from 'typeorm';
import { PREDICTION_COLUMNS, toCopyRow, type PredictionRecord } from './prediction-record.js';

/** Writes groups of prediction rows. */
export interface PredictionSink {
  /** One COPY, committed when it returns: all rows or none. */
  write(records: readonly PredictionRecord[]): Promise<void>;
  /** Ids among `records` that are stored already: a commit may succeed although its answer was lost. */
  stored(records: readonly PredictionRecord[]): Promise<ReadonlySet<string>>;
}

export const PREDICTION_SINK = Symbol('PREDICTION_SINK');

@Injectable()
export class PostgresPredictionSink implements PredictionSink {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async write(records: readonly PredictionRecord[]): Promise<void> {
    await copyRows(this.dataSource, 'predictions', PREDICTION_COLUMNS, records.map(toCopyRow));
  }

  async stored(records: readonly PredictionRecord[]): Promise<ReadonlySet<string>> {
    const ids = records.map((record) => record.id);
    const rows = await selectRows<{ id: string }>(
      this.dataSource,
      'select id from predictions where id = any($1::uuid[])',
      [ids],
    );
    return new Set(rows.map((row) => row.id));
  }
}
