import { Module } from '@nestjs/common';
import { EvaluationModule } from '../evaluation.module.js';
import { MainJobController } from './main-job.controller.js';
import { ReportController } from './report.controller.js';
import { StudyController } from './study.controller.js';

@Module({ imports: [EvaluationModule], controllers: [MainJobController, ReportController, StudyController] })
export class EvaluationHttpModule {}
