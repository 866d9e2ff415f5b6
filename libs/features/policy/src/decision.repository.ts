import { Inject, Injectable } from '@nestjs/common';
import type { Decision } from '@tidemark/contracts';
import { DATA_SOURCE, selectOne, selectRows } from '@tidemark/database';
import { currentTimeline, notFound } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import type { DecisionKind } from './derive.js';

interface DecisionRow {
  id: string;
  timeline_id: string;
  agent: string;
  kind: DecisionKind;
  slot_at: Date;
  as_of: Date;
  action: Decision['action'];
  reason: string;
  context: Record<string, unknown>;
  context_sha256: string;
  policy_hash: string;
  result: Decision['result'];
  code_version: string;
  job_id: string | null;
}

export interface StoredDecision {
  readonly decision: Decision;
  readonly context: Record<string, unknown>;
}

export interface NewDecision extends Decision {
  /** Canonical JSON of the context. */
  readonly contextText: string;
  readonly at: Date;
}

/** Sort keys of a decision within a timeline. */
export type DecisionKey = readonly [slotAt: Date, agent: string, kind: string];

export interface DecisionPage {
  readonly timeline: string;
  readonly agent?: string;
  readonly action?: Decision['action'];
  readonly only?: 'acted';
  readonly before?: DecisionKey;
  readonly limit: number;
}

const COLUMNS = `id, timeline_id, agent, kind, slot_at, as_of, action, reason, context, context_sha256, policy_hash, result,
  code_version, job_id`;
const SELECT = `select ${COLUMNS} from decisions`;

/** Decisions with the contexts they were made from. Rows are never changed. */
@Injectable()
export class DecisionRepository {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Stores the decision unless its slot has one; answers with what is stored. */
  async add(decision: NewDecision): Promise<Decision> {
    const { id, timeline, agent, kind, slotAt, asOf, action, reason } = decision;
    const inserted = await selectOne<DecisionRow>(
      this.dataSource,
      `insert into decisions (${COLUMNS}, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
       on conflict (timeline_id, agent, kind, slot_at) do nothing returning ${COLUMNS}`,
      [
        ...[id, timeline, agent, kind, slotAt, asOf, action, reason],
        ...[decision.contextText, decision.contextSha256, decision.policyHash, JSON.stringify(decision.result)],
        ...[decision.codeVersion, decision.jobId ?? null, decision.at],
      ],
    );
    if (inserted !== undefined) return toStored(inserted).decision;
    const sql = `${SELECT} where timeline_id = $1 and agent = $2 and kind = $3 and slot_at = $4`;
    const first = await selectOne<DecisionRow>(this.dataSource, sql, [timeline, agent, kind, slotAt]);
    return toStored(first!).decision;
  }

  /** @throws DECISION_UNKNOWN */
  async get(id: string): Promise<StoredDecision> {
    const row = await selectOne<DecisionRow>(this.dataSource, `${SELECT} where id = $1`, [id]);
    if (row !== undefined) return toStored(row);
    throw notFound('DECISION_UNKNOWN', `There is no decision ${id}; list them with GET /api/v1/decisions.`, { id });
  }

  /** Decisions of an agent that asked for something, oldest first; of one slot the training before its outcome. */
  async acted(timeline: string, agent: string): Promise<Decision[]> {
    const rows = await selectRows<DecisionRow>(
      this.dataSource,
      `${SELECT} where timeline_id = $1 and agent = $2 and action <> 'none' order by slot_at, kind desc`,
      [timeline, agent],
    );
    return rows.map((row) => toStored(row).decision);
  }

  /** Decisions of the current timeline with slots in [from, to), oldest first; of one slot the training before its outcome. */
  async between(agent: string, from: Date, to: Date): Promise<(StoredDecision & { readonly at: Date })[]> {
    const rows = await selectRows<DecisionRow & { at: Date }>(
      this.dataSource,
      `select ${COLUMNS}, at from decisions where timeline_id = $1 and agent = $2 and slot_at >= $3 and slot_at < $4
       order by slot_at, kind desc`,
      [currentTimeline(), agent, from, to],
    );
    return rows.map((row) => ({ ...toStored(row), at: row.at }));
  }

  /** Newest slot first, in it by agent, and the outcome of a training before its start; one row more than `limit`. */
  async page(page: DecisionPage): Promise<Decision[]> {
    return (await this.pageWithContexts(page)).map(({ decision }) => decision);
  }

  async pageWithContexts({ timeline, agent, action, only, before, limit }: DecisionPage): Promise<StoredDecision[]> {
    const rows = await selectRows<DecisionRow>(
      this.dataSource,
      `${SELECT} where timeline_id = $1 and ($2::text is null or agent = $2) and ($3::text is null or action = $3)
         and ($4::text is null or action <> 'none')
         and ($5::timestamptz is null or slot_at < $5 or (slot_at = $5 and (agent, kind) > ($6::text, $7::text)))
       order by slot_at desc, agent, kind limit $8`,
      [timeline, agent ?? null, action ?? null, only ?? null, ...(before ?? [null, null, null]), limit + 1],
    );
    return rows.map(toStored);
  }
}

function toStored(row: DecisionRow): StoredDecision {
  const decision = {
    id: row.id,
    timeline: row.timeline_id,
    agent: row.agent,
    kind: row.kind,
    slotAt: row.slot_at.toISOString(),
    asOf: row.as_of.toISOString(),
    action: row.action,
    reason: row.reason,
    contextSha256: row.context_sha256,
    policyHash: row.policy_hash,
    codeVersion: row.code_version,
    jobId: row.job_id ?? undefined,
    result: row.result,
  };
  return { decision, context: row.context };
}
