import { Inject, Injectable } from '@nestjs/common';
import type { AgentControlsView, Latch } from '@tidemark/contracts';
import { DATA_SOURCE, execute, selectOne, selectRows } from '@tidemark/database';
import { CLOCK, currentTimeline, type Clock } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import type { AgentControls, ControlReader } from './read/index.js';

interface ControlRow {
  frozen_reason: string | null;
  frozen_by: string | null;
  frozen_at: Date | null;
  pinned_version: string | null;
  pinned_by: string | null;
  pinned_at: Date | null;
}

/** Freeze, pin and latches of agents, by timeline. Read anew at each decision, so that a change needs no restart. */
@Injectable()
export class ControlRepository implements ControlReader {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async of(agent: string): Promise<AgentControls> {
    const row = await selectOne<
      Pick<ControlRow, 'frozen_reason' | 'pinned_version'> & { latched: string[]; blocked: string | null }
    >(
      this.dataSource,
      `select max(frozen_reason) as frozen_reason, max(pinned_version) as pinned_version,
         array(select distinct artifact_sha256 from version_latches
               where timeline_id = $1 and agent = $2 and released_at is null order by artifact_sha256) as latched,
         (select to_char(day, 'YYYY-MM-DD') || ': ' || (first_difference ->> 'cause') || ' in ' || (first_difference ->> 'table')
          from reconciliations where timeline_id = $1 and agent = $2 and state = 'differs' order by day limit 1) as blocked
       from agent_controls where timeline_id = $1 and agent = $2`,
      [currentTimeline(), agent],
    );
    const { frozen_reason, pinned_version, latched, blocked } = row!;
    return {
      frozen: frozen_reason ?? undefined,
      pinned: pinned_version ?? undefined,
      latched,
      ...(blocked === null ? {} : { blocked }),
    };
  }

  /** Latching what is latched changes nothing. */
  async latch(
    agent: string,
    { artifactSha256, version }: { readonly artifactSha256: string; readonly version: string },
    reason: string,
  ): Promise<void> {
    await execute(
      this.dataSource,
      `insert into version_latches (timeline_id, agent, artifact_sha256, version, reason, latched_at)
       select $1, $2, $3, $4, $5, $6 where not exists (
         select from version_latches
         where timeline_id = $1 and agent = $2 and artifact_sha256 = $3 and released_at is null)`,
      [currentTimeline(), agent, artifactSha256, version, reason, this.clock.now()],
    );
  }

  async view(agent: string, timeline = currentTimeline()): Promise<AgentControlsView> {
    const row = await selectOne<ControlRow>(
      this.dataSource,
      'select * from agent_controls where timeline_id = $1 and agent = $2',
      [timeline, agent],
    );
    const latches = await this.latches(timeline, agent);
    return { timeline, agent, ...(row === undefined ? {} : byHand(row)), latches };
  }

  async freeze(agent: string, reason: string, actor: string): Promise<void> {
    await this.put(agent, 'frozen_reason, frozen_by, frozen_at', [reason, actor, this.clock.now()]);
  }

  async unfreeze(agent: string): Promise<void> {
    await this.put(agent, 'frozen_reason, frozen_by, frozen_at', [null, null, null]);
  }

  async pin(agent: string, version: string, actor: string): Promise<void> {
    await this.put(agent, 'pinned_version, pinned_by, pinned_at', [version, actor, this.clock.now()]);
  }

  async unpin(agent: string): Promise<void> {
    await this.put(agent, 'pinned_version, pinned_by, pinned_at', [null, null, null]);
  }

  /** Latches that hold, newest first. */
  async latches(timeline: string, agent: string): Promise<Latch[]> {
    const rows = await selectRows<{ artifact_sha256: string; version: string; reason: string; latched_at: Date }>(
      this.dataSource,
      `select artifact_sha256, version, reason, latched_at from version_latches
       where timeline_id = $1 and agent = $2 and released_at is null order by latched_at desc, artifact_sha256`,
      [timeline, agent],
    );
    return rows.map(({ artifact_sha256, version, reason, latched_at }) => ({
      artifactSha256: artifact_sha256,
      version,
      reason,
      latchedAt: latched_at.toISOString(),
    }));
  }

  async release(agent: string, artifactSha256: string, actor: string): Promise<void> {
    await execute(
      this.dataSource,
      `update version_latches set released_at = $4, released_by = $5
       where timeline_id = $1 and agent = $2 and artifact_sha256 = $3 and released_at is null`,
      [currentTimeline(), agent, artifactSha256, this.clock.now(), actor],
    );
  }

  private async put(
    agent: string,
    columns: string,
    values: readonly [string | null, string | null, Date | null],
  ): Promise<void> {
    await execute(
      this.dataSource,
      `insert into agent_controls (timeline_id, agent, ${columns}) values ($1, $2, $3, $4, $5)
       on conflict (timeline_id, agent) do update set (${columns}) = ($3, $4, $5)`,
      [currentTimeline(), agent, ...values],
    );
  }
}

function byHand(row: ControlRow): Pick<AgentControlsView, 'frozen' | 'pinned'> {
  const by = (name: string | null, at: Date | null): { by: string; at: string } => ({
    by: name ?? '',
    at: at?.toISOString() ?? '',
  });
  const { frozen_reason: reason, pinned_version: version } = row;
  return {
    ...(reason === null ? {} : { frozen: { reason, ...by(row.frozen_by, row.frozen_at) } }),
    ...(version === null ? {} : { pinned: { version, ...by(row.pinned_by, row.pinned_at) } }),
  };
}
