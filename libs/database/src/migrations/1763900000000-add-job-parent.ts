import type { MigrationInterface, QueryRunner } from 'typeorm';

const PARENT = `
alter table job_run add column parent_id uuid
  constraint fk_job_run_parent references job_run (id) on delete set null;
create index ix_job_run_parent on job_run (parent_id) where parent_id is not null;
`;

/** Which job a job is part of, so that it is cancelled with it. */
export class AddJobParent1763900000000 implements MigrationInterface {
  readonly name = 'AddJobParent1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PARENT);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table job_run drop column parent_id');
  }
}
