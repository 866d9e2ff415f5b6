import { Inject, Injectable } from '@nestjs/common';
import type { Prediction } from '@tidemark/contracts';
import { DATA_SOURCE, selectOne, selectRows } from '@tidemark/database';
import { MAIN_TIMELINE, notFound } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import type { PredictionMode } from './prediction-record.js';
import type { LoggedPrediction, PredictionLogReader } from './read/index.js';

interface PredictionRow {
  id: string;
  at: Date;
  timeline_id: string;
  agent: string;
  version: string;
  sequence: number;
  generation: number;
  mode: PredictionMode;
  as_of: Date | null;
  key: string | null;
  inputs: number[] | null;
  inputs_sha256: Buffer;
  output_names: string[];
  outputs: number[];
  latency_us: number;
}

export interface PredictionPageQuery {
  readonly agent?: string;
  readonly mode?: PredictionMode;
  readonly from?: Date;
  readonly to?: Date;
  /** Sort keys of the last row of the page before: time logged and id. */
  readonly before?: readonly [Date, string];
  readonly limit: number;
}

const SELECT = `select id, at, timeline_id, agent, version, sequence, generation, mode, as_of, key, inputs, inputs_sha256,
  output_names, outputs, latency_us from predictions`;

/** Reads of the prediction log. */
@Injectable()
export class PredictionRepository implements PredictionLogReader {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async get(id: string): Promise<Prediction> {
    const row = await selectOne<PredictionRow>(this.dataSource, `${SELECT} where id = $1`, [id]);
    if (row === undefined) {
      throw notFound(
        'PREDICTION_UNKNOWN',
        `There is no logged prediction ${id}; a buffered one appears after a moment.`,
        { id },
      );
    }
    return toPrediction(row);
  }

  /** Newest first; one row more than `limit`. */
  async page(query: PredictionPageQuery): Promise<Prediction[]> {
    const rows = await selectRows<PredictionRow>(
      this.dataSource,
      `${SELECT} where timeline_id = $1 and ($2::text is null or agent = $2) and ($3::text is null or mode = $3)
         and ($4::timestamptz is null or as_of >= $4) and ($5::timestamptz is null or as_of < $5)
         and ($6::timestamptz is null or (at, id) < ($6, $7::uuid))
       order by at desc, id desc limit $8`,
      [
        MAIN_TIMELINE,
        query.agent ?? null,
        query.mode ?? null,
        query.from ?? null,
        query.to ?? null,
        query.before?.[0] ?? null,
        query.before?.[1] ?? null,
        query.limit + 1,
      ],
    );
    return rows.map(toPrediction);
  }

  async ofJob(jobId: string): Promise<LoggedPrediction[]> {
    const rows = await selectRows<PredictionRow & { as_of: Date }>(
      this.dataSource,
      `${SELECT} where job_id = $1 and as_of is not null order by as_of, at, id`,
      [jobId],
    );
    return rows.map((row) => ({
      asOf: row.as_of,
      version: row.version,
      sequence: row.sequence,
      outputs: outputsOf(row),
    }));
  }

  /** Event times of predictions of an agent, each once. */
  async eventTimes(agent: string): Promise<Date[]> {
    const rows = await selectRows<{ as_of: Date }>(
      this.dataSource,
      'select distinct as_of from predictions where timeline_id = $1 and agent = $2 and as_of is not null',
      [MAIN_TIMELINE, agent],
    );
    return rows.map((row) => row.as_of);
  }
}

function outputsOf(row: PredictionRow): Record<string, number> {
  return Object.fromEntries(row.output_names.map((name, index) => [name, row.outputs[index]!]));
}

function toPrediction(row: PredictionRow): Prediction {
  return {
    id: row.id,
    at: row.at.toISOString(),
    timeline: row.timeline_id,
    agent: row.agent,
    version: row.version,
    sequence: row.sequence,
    generation: row.generation,
    mode: row.mode,
    asOf: row.as_of?.toISOString() ?? null,
    key: row.key,
    inputs: row.inputs?.map((value) => (Number.isNaN(value) ? null : value)) ?? null,
    inputsSha256: row.inputs_sha256.toString('hex'),
    outputs: outputsOf(row),
    latencyUs: row.latency_us,
  };
}
