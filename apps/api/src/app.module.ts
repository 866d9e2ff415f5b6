import { Module, type DynamicModule } from '@nestjs/common';
import { ArtifactsModule } from '@tidemark/artifacts';
import { AuthModule } from '@tidemark/auth';
import type { AppConfig } from '@tidemark/config';
import { DatabaseModule } from '@tidemark/database';
import { EvaluationHttpModule } from '@tidemark/evaluation/http';
import { InferenceHttpModule } from '@tidemark/inference/http';
import { JobsModule } from '@tidemark/jobs';
import type { Clock } from '@tidemark/kernel';
import { LoopHttpModule } from '@tidemark/loop/http';
import { MarketDataHttpModule } from '@tidemark/market-data/http';
import { MonitoringHttpModule } from '@tidemark/monitoring/http';
import { NotificationsModule } from '@tidemark/notifications';
import { PolicyHttpModule } from '@tidemark/policy/http';
import { processModule } from '@tidemark/process';
import { ReconciliationHttpModule } from '@tidemark/reconciliation/http';
import { RegistryHttpModule } from '@tidemark/registry/http';
import { ReplayHttpModule } from '@tidemark/replay/http';
import { TelemetryModule } from '@tidemark/telemetry';
import { TrainingHttpModule } from '@tidemark/training/http';
import { AgentsController } from './agents.controller.js';
import { AliasesModule } from './aliases/aliases.module.js';
import { HealthParts } from './health-parts.js';
import { HealthController } from './health.controller.js';
import { JobsController } from './jobs.controller.js';
import { LoopHealth } from './loop-health.js';

/** The HTTP process: every feature's controllers over the shared platform. */
@Module({})
export class AppModule {
  static forConfig(config: AppConfig, clock?: Clock): DynamicModule {
    return {
      module: AppModule,
      imports: [
        processModule(config, 'api', clock),
        TelemetryModule.forProcess('api'),
        DatabaseModule,
        ArtifactsModule,
        AuthModule,
        JobsModule,
        MarketDataHttpModule,
        RegistryHttpModule,
        TrainingHttpModule,
        InferenceHttpModule,
        NotificationsModule,
        MonitoringHttpModule,
        PolicyHttpModule,
        ReplayHttpModule,
        ReconciliationHttpModule,
        EvaluationHttpModule,
        LoopHttpModule,
        AliasesModule,
      ],
      controllers: [HealthController, JobsController, AgentsController],
      providers: [LoopHealth, HealthParts],
    };
  }
}
