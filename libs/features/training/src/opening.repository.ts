import { Inject, Injectable } from '@nestjs/common';
import { DATA_SOURCE, execute, inTransaction, selectOne } from '@tidemark/database';
import { CLOCK, currentTimeline, type Clock } from '@tidemark/kernel';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Opening, SealedOpenings } from './read/index.js';

/** The log of openings of sealed spans: numbered, never refused. */
@Injectable()
export class OpeningRepository implements SealedOpenings {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async open(opening: Opening, fence: (runner: QueryRunner) => Promise<void>): Promise<number> {
    return inTransaction(this.dataSource, async (runner) => {
      await fence(runner);
      await execute(runner, `select pg_advisory_xact_lock(hashtextextended('opening:' || $1, 0))`, [opening.agent]);
      await execute(
        runner,
        `insert into sealed_openings (timeline_id, agent, number, job_id, sealed_from, data_hash, at)
         select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6 from sealed_openings where timeline_id = $1 and agent = $2
         on conflict (job_id) do nothing`,
        [currentTimeline(), opening.agent, opening.jobId, opening.sealedFrom, opening.dataHash, this.clock.now()],
      );
      const row = await selectOne<{ number: number }>(runner, 'select number from sealed_openings where job_id = $1', [
        opening.jobId,
      ]);
      return row!.number;
    });
  }
}
