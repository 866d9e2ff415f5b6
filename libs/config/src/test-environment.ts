import { operationalError } from '@tidemark/kernel';

export const TEST_DATABASE_VARIABLE = 'TIDEMARK_TEST_DATABASE_URL';

/** URL of the Postgres server integration tests clone their databases on; the test set-up starts it. */
export function testDatabaseUrl(env: NodeJS.ProcessEnv = process.env): string {
  const url = env[TEST_DATABASE_VARIABLE];
  if (url !== undefined && url !== '') return url;
  throw operationalError(
    'TEST_DATABASE_MISSING',
    `${TEST_DATABASE_VARIABLE} is not set: run the tests with npm test, or name a Postgres server this user may create databases on.`,
  );
}
