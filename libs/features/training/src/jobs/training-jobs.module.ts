import { Module } from '@nestjs/common';
import { BaselineService } from '../baseline.service.js';
import { CandidateService } from '../candidate.service.js';
import { DatasetPreparer } from '../dataset-preparer.js';
import { FamilyFitter } from '../family-fitter.js';
import { TrainHandler } from '../train.handler.js';
import { TrainingModule } from '../training.module.js';

@Module({
  imports: [TrainingModule],
  providers: [DatasetPreparer, FamilyFitter, BaselineService, CandidateService, TrainHandler],
})
export class TrainingJobsModule {}
