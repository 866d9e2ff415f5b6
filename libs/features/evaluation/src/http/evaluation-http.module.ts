import { Module } from '@nestjs/common';
import { EvaluationModule } from '../evaluation.module.js';
import { MainJobController } from './main-job.controller.js';

@Module({ imports: [EvaluationModule], controllers: [MainJobController] })
export class EvaluationHttpModule {}
