import { QueryRunnerAlreadyReleasedError, type DataSource, type QueryRunner } from 'typeorm';
import { connectionLost, withDatabaseErrors } from './database-errors.js';

/**
 * Runs `work` in one transaction on one connection and commits when it returns; any throw rolls back and is rethrown.
 * The runner must not be kept after `work` has ended.
 */
export async function inTransaction<T>(dataSource: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  return withDatabaseErrors(async () => {
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
    } finally {
      await runner.release();
    }
  });
}

/** A connection that broke has rolled back on the server; what matters is the failure that led here. */
async function rollBack(runner: QueryRunner): Promise<void> {
  if (!runner.isTransactionActive) return;
  await runner.rollbackTransaction().catch(() => undefined);
}
