import { Module } from '@nestjs/common';
import { InferenceModule } from '@tidemark/inference';
import { MarketDataModule } from '@tidemark/market-data';
import { EvaluationModule } from '../evaluation.module.js';
import { WalkHandler } from '../walk.handler.js';

@Module({ imports: [EvaluationModule, MarketDataModule, InferenceModule], providers: [WalkHandler] })
export class EvaluationJobsModule {}
