import { QueryRunnerAlreadyReleasedError, type DataSource, type QueryRunner } from 'typeorm';
import { connectionLost, withDatabaseErrors } from './database-errors.js';
import { joinedRunner, joining } from './unit-of-work.js';

export interface UnitOfWorkOptions {
  /** `off`: commits do not wait for the disk. For work that can be repeated from what was committed. Default `on`. */
  readonly synchronousCommit?: 'on' | 'off';
}

/**
 * Runs `work` in one transaction on one connection and commits when it returns; any throw rolls back and is rethrown.
 * Inside a unit of work it is a savepoint of that transaction. The runner must not be kept after `work` has ended.
 */
export async function inTransaction<T>(dataSource: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const joined = joinedRunner(dataSource);
  if (joined !== undefined) return withDatabaseErrors(() => between(joined, work));
  const runner = dataSource.createQueryRunner();
  return withDatabaseErrors(async () => {
    try {
      return await between(runner, work);
    } finally {
      await runner.release();
    }
  });
}

/**
 * One transaction for everything `work` asks of this DataSource, whichever service asks: all of it is committed, or none.
 * Statements share one connection, so they must follow one another. What has to be seen by other processes at once runs
 * through `apart`.
 */
export async function inUnitOfWork<T>(
  dataSource: DataSource,
  options: UnitOfWorkOptions,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  return inTransaction(dataSource, async (runner) => {
    if (options.synchronousCommit === 'off') await runner.query('set local synchronous_commit = off');
    return joining(dataSource, runner, () => work(runner));
  });
}

async function between<T>(runner: QueryRunner, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  try {
    await runner.startTransaction();
    const result = await work(runner);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    // TypeORM takes the runner away when its connection breaks; whatever is asked of it afterwards says only that.
    if (error instanceof QueryRunnerAlreadyReleasedError) throw connectionLost(error);
    await rollBack(runner);
    throw error;
  }
}

/** A connection that broke has rolled back on the server; what matters is the failure that led here. */
async function rollBack(runner: QueryRunner): Promise<void> {
  if (!runner.isTransactionActive) return;
  await runner.rollbackTransaction().catch(() => undefined);
}
