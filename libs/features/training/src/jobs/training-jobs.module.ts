import { Module } from '@nestjs/common';
import { MarketDataModule } from '@tidemark/market-data';
import { RegistryModule } from '@tidemark/registry';
import { FamilyFitter } from '../family-fitter.js';
import { TrainHandler } from '../train.handler.js';
import { TrainingModule } from '../training.module.js';

@Module({ imports: [TrainingModule, MarketDataModule, RegistryModule], providers: [FamilyFitter, TrainHandler] })
export class TrainingJobsModule {}
