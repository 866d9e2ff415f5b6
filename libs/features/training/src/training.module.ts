import { Module } from '@nestjs/common';
import { MarketDataModule } from '@tidemark/market-data';
import { RegistryModule } from '@tidemark/registry';
import { RUN_READER } from './read/index.js';
import { RunRepository } from './run.repository.js';

/** Tracked runs; the training itself is a job. */
@Module({
  imports: [MarketDataModule, RegistryModule],
  providers: [RunRepository, { provide: RUN_READER, useExisting: RunRepository }],
  exports: [RunRepository, RUN_READER],
})
export class TrainingModule {}
