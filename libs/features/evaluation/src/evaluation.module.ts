import { Module } from '@nestjs/common';
import { InferenceModule } from '@tidemark/inference';
import { MarketDataModule } from '@tidemark/market-data';
import { RegistryModule } from '@tidemark/registry';
import { TrainingModule } from '@tidemark/training';
import { EvaluationService } from './evaluation.service.js';
import { MainJobService } from './main-job.service.js';
import { OpeningRepository } from './opening.repository.js';

/** The result table and the main job. */
@Module({
  imports: [MarketDataModule, RegistryModule, TrainingModule, InferenceModule],
  providers: [EvaluationService, MainJobService, OpeningRepository],
  exports: [EvaluationService, MainJobService, OpeningRepository],
})
export class EvaluationModule {}
