import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '@tidemark/config';
import { HealthRegistry } from './health-registry.js';
import { LOGGER, createLogger, type Logger, type ProcessName } from './logger.js';
import { Metrics } from './metrics.js';

/** Logger, metrics and health of one process. */
@Global()
@Module({})
export class TelemetryModule {
  static forProcess(process: ProcessName): DynamicModule {
    return {
      module: TelemetryModule,
      providers: [
        {
          provide: LOGGER,
          inject: [APP_CONFIG],
          useFactory: (config: AppConfig): Logger => createLogger(config, { process }),
        },
        { provide: Metrics, useFactory: processMetrics },
        { provide: HealthRegistry, useFactory: (): HealthRegistry => new HealthRegistry() },
      ],
      exports: [LOGGER, Metrics, HealthRegistry],
    };
  }
}

function processMetrics(): Metrics {
  const metrics = new Metrics();
  metrics.collectProcessMetrics();
  return metrics;
}
