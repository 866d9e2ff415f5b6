import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE, closeDataSource, openDataSource } from './data-source.js';
import { assertSchema } from './schema.js';

/** Opens the pool at start (refusing a wrong schema) and closes it after everything that uses it has stopped. */
@Global()
@Module({
  providers: [{ provide: DATA_SOURCE, inject: [APP_CONFIG], useFactory: openChecked }],
  exports: [DATA_SOURCE],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    await closeDataSource(this.dataSource);
  }
}

async function openChecked(config: AppConfig): Promise<DataSource> {
  const dataSource = await openDataSource(config.databaseUrl, { poolSize: config.databasePoolSize });
  try {
    await assertSchema(dataSource);
  } catch (error) {
    await closeDataSource(dataSource);
    throw error;
  }
  return dataSource;
}
