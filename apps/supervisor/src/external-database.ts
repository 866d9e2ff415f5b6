/**
 * Refuses a database of the operator's own whose schema is not the one this code was written for. It is never migrated
 * from here: the error names the command that does it.
 */
export async function checkExternalDatabase(url: string): Promise<void> {
  // Loaded only here: the embedded default does without it and starts faster.
  const { assertSchema, closeDataSource, openDataSource } = await import('@tidemark/database');
  const dataSource = await openDataSource(url, { poolSize: 1, applicationName: 'tidemark-supervisor' });
  try {
    await assertSchema(dataSource);
  } finally {
    await closeDataSource(dataSource);
  }
}
