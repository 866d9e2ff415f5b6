import { Module } from '@nestjs/common';
import { EvaluationModule } from '../evaluation.module.js';
import { EvaluationService } from '../evaluation.service.js';
import { StudyHandler } from '../study/study.handler.js';
import { StudyMeasurer } from '../study/study.measurer.js';
import { TableHandler } from '../table.handler.js';
import { TimelineReader } from '../timeline-reader.js';

@Module({
  imports: [EvaluationModule],
  providers: [EvaluationService, TimelineReader, TableHandler, StudyMeasurer, StudyHandler],
})
export class EvaluationJobsModule {}
