import { Global, Module } from '@nestjs/common';
import { EvaluationService } from './evaluation.service.js';
import { MainJobService } from './main-job.service.js';

/** The result table and the main job. */
@Global()
@Module({
  providers: [EvaluationService, MainJobService],
  exports: [EvaluationService, MainJobService],
})
export class EvaluationModule {}
