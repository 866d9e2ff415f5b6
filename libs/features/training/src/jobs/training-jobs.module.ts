import { Module } from '@nestjs/common';
import { FamilyFitter } from '../family-fitter.js';
import { TrainHandler } from '../train.handler.js';
import { TrainingModule } from '../training.module.js';

@Module({ imports: [TrainingModule], providers: [FamilyFitter, TrainHandler] })
export class TrainingJobsModule {}
