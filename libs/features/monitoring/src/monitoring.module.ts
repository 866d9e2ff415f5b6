import { Global, Module } from '@nestjs/common';
import { AlertRepository } from './alert.repository.js';
import { MetricRepository } from './metric.repository.js';
import { MonitorRepository } from './monitor.repository.js';
import { MonitoringService } from './monitoring.service.js';
import { ErrorAlertService } from './error-alerts.js';
import { MonitorRebuildService } from './monitor-rebuild.js';
import { ERROR_ALERTS, MONITORING, MONITORING_READER, MONITOR_REBUILD } from './read/index.js';
import { TimelineHistoryRepository } from './timeline-history.repository.js';

/** Drift, performance and importance of what serves, and the alerts that follow. */
@Global()
@Module({
  providers: [
    MonitorRepository,
    MetricRepository,
    AlertRepository,
    MonitoringService,
    MonitorRebuildService,
    ErrorAlertService,
    TimelineHistoryRepository,
    { provide: MONITOR_REBUILD, useExisting: MonitorRebuildService },
    { provide: ERROR_ALERTS, useExisting: ErrorAlertService },
    { provide: MONITORING, useExisting: MonitoringService },
    { provide: MONITORING_READER, useExisting: TimelineHistoryRepository },
  ],
  exports: [MONITORING, MONITORING_READER, MONITOR_REBUILD, ERROR_ALERTS, MetricRepository, AlertRepository],
})
export class MonitoringModule {}
