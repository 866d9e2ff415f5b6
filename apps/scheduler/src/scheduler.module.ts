import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ArtifactsModule } from '@tidemark/artifacts';
import { RetentionScheduleModule } from '@tidemark/backup/schedule';
import type { AppConfig } from '@tidemark/config';
import { DatabaseModule } from '@tidemark/database';
import type { Clock } from '@tidemark/kernel';
import { LoopScheduleModule } from '@tidemark/loop/schedule';
import { HealthServer, processModule } from '@tidemark/process';
import { RegistryModule } from '@tidemark/registry';
import { TelemetryModule } from '@tidemark/telemetry';
import { Ticker } from './ticker.js';

/** The process that knows what time it is. The registry tells it which timeline is live. */
@Module({})
export class SchedulerModule {
  static forConfig(config: AppConfig, clock?: Clock): DynamicModule {
    return {
      module: SchedulerModule,
      imports: [
        processModule(config, 'scheduler', clock),
        TelemetryModule.forProcess('scheduler'),
        DatabaseModule,
        ArtifactsModule,
        RegistryModule,
        ScheduleModule.forRoot(),
        LoopScheduleModule,
        RetentionScheduleModule,
      ],
      providers: [HealthServer, Ticker],
    };
  }
}
