import { Inject, Injectable } from '@nestjs/common';
import { DATA_SOURCE, copyRows, selectRows, sqlState } from '@tidemark/database';
import { defect } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import { PREDICTION_COLUMNS, toCopyRow, type PredictionRecord } from './prediction-record.js';

/** Writes groups of prediction rows. */
export interface PredictionSink {
  /**
   * One COPY, committed when it returns: all rows or none.
   * @throws {@link ROWS_REFUSED} when a row can never be stored; every other failure is worth another attempt.
   */
  write(records: readonly PredictionRecord[]): Promise<void>;
  /** Ids among `records` that are stored already: a commit may succeed although its answer was lost. */
  stored(records: readonly PredictionRecord[]): Promise<ReadonlySet<string>>;
}

export const PREDICTION_SINK = Symbol('PREDICTION_SINK');

export const ROWS_REFUSED = 'PREDICTION_ROWS_REFUSED';

/** SQLSTATE classes 22 (data exception) and 23 (integrity), but not 23505: a duplicate is a row stored already. */
const REFUSED_STATE = /^2[23](?!505)/;

@Injectable()
export class PostgresPredictionSink implements PredictionSink {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async write(records: readonly PredictionRecord[]): Promise<void> {
    try {
      await copyRows(this.dataSource, 'predictions', PREDICTION_COLUMNS, records.map(toCopyRow));
    } catch (error) {
      if (!REFUSED_STATE.test(sqlState(error) ?? '')) throw error;
      throw defect(ROWS_REFUSED, 'The database refused what a prediction log row holds.', { cause: error });
    }
  }

  async stored(records: readonly PredictionRecord[]): Promise<ReadonlySet<string>> {
    const ids = records.map((record) => record.id);
    const sql = 'select id from predictions where id = any($1::uuid[])';
    const rows = await selectRows<{ id: string }>(this.dataSource, sql, [ids]);
    return new Set(rows.map((row) => row.id));
  }
}
