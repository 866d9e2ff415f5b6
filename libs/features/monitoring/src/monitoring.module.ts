import { Global, Module } from '@nestjs/common';
import { AlertRepository } from './alert.repository.js';
import { MetricRepository } from './metric.repository.js';
import { MonitorRepository } from './monitor.repository.js';
import { MonitoringService } from './monitoring.service.js';
import { MONITORING } from './read/index.js';

/** Drift, performance and importance of what serves, and the alerts that follow. */
@Global()
@Module({
  providers: [
    MonitorRepository,
    MetricRepository,
    AlertRepository,
    MonitoringService,
    { provide: MONITORING, useExisting: MonitoringService },
  ],
  exports: [MONITORING, MetricRepository, AlertRepository],
})
export class MonitoringModule {}
