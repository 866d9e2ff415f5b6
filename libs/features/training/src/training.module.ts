import { Global, Module } from '@nestjs/common';
import { OpeningRepository } from './opening.repository.js';
import { RUN_READER, SEALED_OPENINGS } from './read/index.js';
import { RunRepository } from './run.repository.js';

/** Tracked runs and the log of sealed openings; the training itself is a job. */
@Global()
@Module({
  providers: [
    RunRepository,
    { provide: RUN_READER, useExisting: RunRepository },
    { provide: SEALED_OPENINGS, useClass: OpeningRepository },
  ],
  exports: [RunRepository, RUN_READER, SEALED_OPENINGS],
})
export class TrainingModule {}
