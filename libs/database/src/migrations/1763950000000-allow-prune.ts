import type { MigrationInterface, QueryRunner } from 'typeorm';

const BEFORE = `'ingest', 'train', 'walk', 'replay', 'slot', 'candidate', 'table', 'study', 'reconcile'`;

const kinds = (list: string): string => `
alter table job_run drop constraint ck_job_run_kind;
alter table job_run add constraint ck_job_run_kind check (kind in (${list}));
`;

/** The nightly prune is a job. Reversible (forgets the prunes that ran). */
export class AllowPrune1763950000000 implements MigrationInterface {
  readonly name = 'AllowPrune1763950000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(kinds(`${BEFORE}, 'prune'`));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from job_run where kind = 'prune'`);
    await runner.query(kinds(BEFORE));
  }
}
