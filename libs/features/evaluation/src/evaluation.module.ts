import { Module } from '@nestjs/common';
import { MainJobService } from './main-job.service.js';
import { ReportService } from './report.service.js';
import { StudyService } from './study/study.service.js';

/** The main job, studies, and the reports they leave. */
@Module({
  providers: [MainJobService, ReportService, StudyService],
  exports: [MainJobService, ReportService, StudyService],
})
export class EvaluationModule {}
