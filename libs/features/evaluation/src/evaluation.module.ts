import { Module } from '@nestjs/common';
import { MainJobService } from './main-job.service.js';
import { ReportService } from './report.service.js';

/** The main job and the reports it leaves. */
@Module({
  providers: [MainJobService, ReportService],
  exports: [MainJobService, ReportService],
})
export class EvaluationModule {}
