import { Inject, Injectable } from '@nestjs/common';
import type { Family, Prediction } from '@tidemark/contracts';
import { DATA_SOURCE, selectOne, selectRows } from '@tidemark/database';
import { currentTimeline, notFound } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import type { LoopPrediction, LoopQuery, PredictionLogReader } from './read/index.js';

interface PredictionRow {
  id: string;
  at: Date;
  timeline_id: string;
  agent: string;
  version: string;
  sequence: number;
  generation: number;
  mode: Prediction['mode'];
  as_of: Date | null;
  key: string | null;
  inputs: number[] | null;
  inputs_sha256: Buffer;
  output_names: string[];
  outputs: number[];
  latency_us: number;
}

interface LoopRow extends Pick<PredictionRow, 'version' | 'sequence' | 'output_names' | 'outputs'> {
  as_of: Date;
  artifact_sha256: string;
  family: Family;
}

export interface PredictionPageQuery {
  readonly agent?: string;
  readonly mode?: Prediction['mode'];
  /** Default: the current one. */
  readonly timeline?: string;
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
        query.timeline ?? currentTimeline(),
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

  async loop(agent: string, query: LoopQuery = {}): Promise<LoopPrediction[]> {
    const rows = await selectRows<LoopRow>(
      this.dataSource,
      `select p.as_of, p.version, p.sequence, p.output_names, p.outputs, v.artifact_sha256, v.family
       from predictions p join model_versions v on v.id = p.version_id
       where p.timeline_id = $1 and p.agent = $2 and p.mode = 'loop'
         and ($3::timestamptz is null or p.as_of >= $3) and ($4::timestamptz is null or p.as_of <= $4)
       order by p.as_of`,
      [query.timeline ?? currentTimeline(), agent, query.from ?? null, query.to ?? null],
    );
    return rows.map((row) => ({
      asOf: row.as_of,
      version: row.version,
      sequence: row.sequence,
      artifactSha256: row.artifact_sha256,
      family: row.family,
      outputs: outputsOf(row),
    }));
  }

  /** Event times up to `until`, each once, that callers asked for and the loop has not predicted. */
  async callersEventTimes(agent: string, until?: Date): Promise<Date[]> {
    const rows = await selectRows<{ as_of: Date }>(
      this.dataSource,
      `select distinct p.as_of from predictions p
       where p.timeline_id = $1 and p.agent = $2 and p.mode <> 'loop' and p.as_of is not null
         and ($3::timestamptz is null or p.as_of <= $3) and not exists (
           select 1 from predictions l
           where l.timeline_id = $1 and l.agent = $2 and l.mode = 'loop' and l.as_of = p.as_of)`,
      [currentTimeline(), agent, until ?? null],
    );
    return rows.map((row) => row.as_of);
  }
}

function outputsOf(row: Pick<PredictionRow, 'output_names' | 'outputs'>): Record<string, number> {
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
