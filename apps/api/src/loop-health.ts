import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DATA_SOURCE, selectRows } from '@tidemark/database';
import { CLOCK, liveTimeline, type Clock } from '@tidemark/kernel';
import { HealthRegistry, type HealthPart } from '@tidemark/telemetry';
import type { DataSource } from 'typeorm';

/** A slot that nobody has run for so long: no worker takes jobs, or it cannot. */
const OVERDUE_MS = 15 * 60_000;

interface LoopRow {
  readonly agent: string;
  readonly state: string;
  readonly overdue: number;
  readonly firing: number;
}

/** The loop of each agent on the live timeline: a halted one, or slots that nobody runs, are seen here first. */
@Injectable()
export class LoopHealth implements OnModuleInit {
  constructor(
    private readonly registry: HealthRegistry,
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.registry.register('loop', () => this.loops(), { required: false });
  }

  private async loops(): Promise<HealthPart> {
    const rows = await selectRows<LoopRow>(
      this.dataSource,
      `select agent, state,
         (select count(*) from schedule_slot s where s.timeline_id = l.timeline_id and s.agent = l.agent
            and s.state = 'due' and s.slot_at < $2)::int as overdue,
         (select count(*) from alerts a where a.timeline_id = l.timeline_id and a.agent = l.agent
            and a.state = 'firing')::int as firing
       from agent_loops l where timeline_id = $1 order by agent`,
      [liveTimeline(), new Date(this.clock.now().getTime() - OVERDUE_MS)],
    );
    const details = Object.fromEntries(rows.map(({ agent, ...loop }) => [agent, loop]));
    const name = (list: readonly LoopRow[]): string => list.map(({ agent }) => agent).join(', ');
    const halted = rows.filter(({ state }) => state === 'halted');
    const late = rows.filter(({ overdue }) => overdue > 0);
    if (halted.length > 0) return { status: 'degraded', message: `halted: ${name(halted)}`, details };
    if (late.length > 0) return { status: 'degraded', message: `slots are due and not run: ${name(late)}`, details };
    return { status: 'ok', message: rows.length === 0 ? 'no loop has begun' : 'slots are run', details };
  }
}
