import { Global, Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import { DATA_SOURCE } from '@tidemark/database';
import { CLOCK, type Clock } from '@tidemark/kernel';
import { LOGGER, Metrics, type Logger } from '@tidemark/telemetry';
import type { DataSource } from 'typeorm';
import { BullMqTransport } from './bullmq-transport.js';
import { JobDispatcher } from './job-dispatcher.js';
import { JobHandlers } from './job-handler.js';
import { JobLeases } from './job-leases.js';
import { JobRunner } from './job-runner.js';
import { JOB_TRANSPORT, type JobTransport } from './job-transport.js';
import { JobsModule } from './jobs.module.js';

/** Asks for the DataSource only to come after it: a wrong schema is reported once, by the check that names it best. */
function openTransport(config: AppConfig, logger: Logger, _checked: DataSource): Promise<JobTransport> {
  return BullMqTransport.open({
    databaseUrl: config.databaseUrl,
    redisUrl: config.redisUrl,
    onError: (error) => logger.warn({ err: error }, 'the queue reported an error'),
  });
}

function makeDispatcher(
  dataSource: DataSource,
  transport: JobTransport,
  logger: Logger,
  config: AppConfig,
): JobDispatcher {
  return new JobDispatcher(dataSource, transport, logger, { databaseUrl: config.databaseUrl });
}

function makeRunner(
  transport: JobTransport,
  leases: JobLeases,
  handlers: JobHandlers,
  logger: Logger,
  metrics: Metrics,
  clock: Clock,
  config: AppConfig,
): JobRunner {
  const { concurrency, leaseSeconds } = config.jobs;
  return new JobRunner(
    { transport, leases, handlers, logger, metrics, clock },
    { databaseUrl: config.databaseUrl, concurrency, leaseSeconds },
  );
}

/** For the process that runs jobs. Features register their handlers in `onModuleInit`; jobs start after that. */
@Global()
@Module({
  imports: [JobsModule],
  providers: [
    JobHandlers,
    JobLeases,
    { provide: JOB_TRANSPORT, inject: [APP_CONFIG, LOGGER, DATA_SOURCE], useFactory: openTransport },
    { provide: JobDispatcher, inject: [DATA_SOURCE, JOB_TRANSPORT, LOGGER, APP_CONFIG], useFactory: makeDispatcher },
    {
      provide: JobRunner,
      inject: [JOB_TRANSPORT, JobLeases, JobHandlers, LOGGER, Metrics, CLOCK, APP_CONFIG],
      useFactory: makeRunner,
    },
  ],
  exports: [JobHandlers, JobRunner],
})
export class JobsWorkerModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(JobRunner) private readonly runner: JobRunner,
    @Inject(JobDispatcher) private readonly dispatcher: JobDispatcher,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.runner.start();
    await this.dispatcher.start();
  }

  /** Before the pool closes: running attempts are given back, then the dispatcher stops. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.dispatcher.stop();
    await this.runner.stop();
  }
}
