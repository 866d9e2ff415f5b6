import { Global, Module } from '@nestjs/common';
import { RUN_READER } from './read/index.js';
import { RunRepository } from './run.repository.js';

/** Tracked runs; the training itself is a job. */
@Global()
@Module({
  providers: [RunRepository, { provide: RUN_READER, useExisting: RunRepository }],
  exports: [RunRepository, RUN_READER],
})
export class TrainingModule {}
