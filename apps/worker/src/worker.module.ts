import { Module, type DynamicModule } from '@nestjs/common';
import { ArtifactsModule } from '@tidemark/artifacts';
import { RetentionJobsModule } from '@tidemark/backup/jobs';
import type { AppConfig } from '@tidemark/config';
import { DatabaseModule } from '@tidemark/database';
import { EvaluationJobsModule } from '@tidemark/evaluation/jobs';
import { InferenceJobsModule } from '@tidemark/inference/jobs';
import { JobsWorkerModule } from '@tidemark/jobs';
import type { Clock } from '@tidemark/kernel';
import { LoopJobsModule } from '@tidemark/loop/jobs';
import { MarketDataJobsModule } from '@tidemark/market-data/jobs';
import { MonitoringModule } from '@tidemark/monitoring';
import { NotificationSenderModule } from '@tidemark/notifications';
import { PolicyModule } from '@tidemark/policy';
import { HealthServer, processModule } from '@tidemark/process';
import { ReconciliationJobsModule } from '@tidemark/reconciliation/jobs';
import { RegistryModule } from '@tidemark/registry';
import { ReplayJobsModule } from '@tidemark/replay/jobs';
import { TelemetryModule } from '@tidemark/telemetry';
import { TrainingJobsModule } from '@tidemark/training/jobs';

/** The job process: every feature's handlers over the shared platform. */
@Module({})
export class WorkerModule {
  static forConfig(config: AppConfig, clock?: Clock): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        processModule(config, 'worker', clock),
        TelemetryModule.forProcess('worker'),
        DatabaseModule,
        ArtifactsModule,
        RegistryModule,
        MarketDataJobsModule,
        TrainingJobsModule,
        InferenceJobsModule,
        MonitoringModule,
        PolicyModule,
        LoopJobsModule,
        ReplayJobsModule,
        ReconciliationJobsModule,
        EvaluationJobsModule,
        RetentionJobsModule,
        NotificationSenderModule,
        JobsWorkerModule,
      ],
      providers: [HealthServer],
    };
  }
}
