import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, QueryRunner } from 'typeorm';

interface UnitOfWork {
  readonly dataSource: DataSource;
  readonly runner: QueryRunner;
}

const units = new AsyncLocalStorage<UnitOfWork | undefined>();

/** Lets everything that `work` sends to this DataSource join the runner's transaction. Calls must follow one another. */
export function joining<T>(dataSource: DataSource, runner: QueryRunner, work: () => T): T {
  return units.run({ dataSource, runner }, work);
}

/** Runs `work` outside of any unit of work: what it writes is committed by itself, for other processes to see. */
export function apart<T>(work: () => T): T {
  return units.run(undefined, work);
}

/** The runner whose transaction statements for `target` join, if one is open. */
export function joinedRunner(target: unknown): QueryRunner | undefined {
  const unit = units.getStore();
  return unit !== undefined && unit.dataSource === target ? unit.runner : undefined;
}
