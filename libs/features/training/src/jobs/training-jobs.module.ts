import { Module } from '@nestjs/common';
import { BaselineService } from '../baseline.service.js';
import { CandidateService } from '../candidate.service.js';
import { DatasetPreparer } from '../dataset-preparer.js';
import { FamilyFitter } from '../family-fitter.js';
import { FitCache } from '../fit-cache.js';
import { FitCacheRepository } from '../fit-cache.repository.js';
import { NewRecipeService } from '../new-recipe.service.js';
import { RefitService } from '../refit.service.js';
import { TrainHandler } from '../train.handler.js';
import { TrainingModes } from '../training-modes.js';
import { TrainingModule } from '../training.module.js';

@Module({
  imports: [TrainingModule],
  providers: [
    FitCacheRepository,
    FitCache,
    DatasetPreparer,
    FamilyFitter,
    BaselineService,
    CandidateService,
    NewRecipeService,
    RefitService,
    TrainingModes,
    TrainHandler,
  ],
})
export class TrainingJobsModule {}
