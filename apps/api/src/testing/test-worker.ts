import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ArtifactsModule } from '@tidemark/artifacts';
import type { AppConfig } from '@tidemark/config';
import { DatabaseModule } from '@tidemark/database';
import { InferenceJobsModule } from '@tidemark/inference/jobs';
import { JobsWorkerModule, migrateQueue } from '@tidemark/jobs';
import { LoopJobsModule } from '@tidemark/loop/jobs';
import { MarketDataJobsModule } from '@tidemark/market-data/jobs';
import { MonitoringModule } from '@tidemark/monitoring';
import { NotificationsModule } from '@tidemark/notifications';
import { PolicyModule } from '@tidemark/policy';
import { processModule } from '@tidemark/process';
import { RegistryModule } from '@tidemark/registry';
import { ReplayJobsModule } from '@tidemark/replay/jobs';
import { TelemetryModule } from '@tidemark/telemetry';
import { TrainingJobsModule } from '@tidemark/training/jobs';

@Module({})
class TestWorkerModule {}

/** Takes jobs from the queue of a test's API, as the worker process does: ingests, trainings, slots, replays. */
export async function startTestWorker(config: AppConfig): Promise<INestApplicationContext> {
  await migrateQueue(config.databaseUrl);
  const imports = [
    processModule(config, 'worker'),
    TelemetryModule.forProcess('worker'),
    DatabaseModule,
    ArtifactsModule,
    RegistryModule,
    MarketDataJobsModule,
    TrainingJobsModule,
    InferenceJobsModule,
    NotificationsModule,
    MonitoringModule,
    PolicyModule,
    LoopJobsModule,
    ReplayJobsModule,
    JobsWorkerModule,
  ];
  const module = { module: TestWorkerModule, imports };
  return NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
}
