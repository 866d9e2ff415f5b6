import { Module } from '@nestjs/common';
import { EvaluationModule } from '../evaluation.module.js';
import { WalkHandler } from '../walk.handler.js';

@Module({ imports: [EvaluationModule], providers: [WalkHandler] })
export class EvaluationJobsModule {}
