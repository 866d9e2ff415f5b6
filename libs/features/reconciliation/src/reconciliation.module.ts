import { Module } from '@nestjs/common';
import { JobsModule } from '@tidemark/jobs';
import { LogRepository } from './log.repository.js';
import { MonitorCheck } from './monitor-check.js';
import { RebuildService } from './rebuild.service.js';
import { ReconciliationRepository } from './reconciliation.repository.js';
import { ReconciliationService } from './reconciliation.service.js';

/** What was logged against what the bars lead to. */
@Module({
  imports: [JobsModule],
  providers: [LogRepository, MonitorCheck, RebuildService, ReconciliationRepository, ReconciliationService],
  exports: [ReconciliationService, ReconciliationRepository],
})
export class ReconciliationModule {}
