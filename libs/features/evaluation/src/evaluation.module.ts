import { Global, Module } from '@nestjs/common';
import { EvaluationService } from './evaluation.service.js';
import { MainJobService } from './main-job.service.js';
import { OpeningRepository } from './opening.repository.js';

/** The result table and the main job. */
@Global()
@Module({
  providers: [EvaluationService, MainJobService, OpeningRepository],
  exports: [EvaluationService, MainJobService, OpeningRepository],
})
export class EvaluationModule {}
