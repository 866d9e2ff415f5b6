import { Module, type DynamicModule } from '@nestjs/common';
import { ArtifactsModule } from '@tidemark/artifacts';
import type { AppConfig } from '@tidemark/config';
import { DatabaseModule } from '@tidemark/database';
import { EvaluationJobsModule } from '@tidemark/evaluation/jobs';
import { InferenceJobsModule } from '@tidemark/inference/jobs';
import { JobsWorkerModule } from '@tidemark/jobs';
import { MarketDataJobsModule } from '@tidemark/market-data/jobs';
import { RegistryModule } from '@tidemark/registry';
import { TelemetryModule } from '@tidemark/telemetry';
import { TrainingJobsModule } from '@tidemark/training/jobs';
import { HealthServer } from './health-server.js';
import { processModule } from './process.module.js';

/** The job process: every feature's handlers over the shared platform. */
@Module({})
export class WorkerModule {
  static forConfig(config: AppConfig): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        processModule(config),
        TelemetryModule.forProcess('worker'),
        DatabaseModule,
        ArtifactsModule,
        RegistryModule,
        MarketDataJobsModule,
        TrainingJobsModule,
        InferenceJobsModule,
        EvaluationJobsModule,
        JobsWorkerModule,
      ],
      providers: [HealthServer],
    };
  }
}
