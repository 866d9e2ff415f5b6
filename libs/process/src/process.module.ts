import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_CONFIG, AgentCatalog, type AppConfig } from '@tidemark/config';
import type { ProcessStatus } from '@tidemark/contracts';
import { CLOCK, SystemClock, WorldClock, type Clock } from '@tidemark/kernel';

/** Which process this is. */
export const PROCESS_KIND = Symbol('PROCESS_KIND');
export type ProcessKind = ProcessStatus['kind'];
/** Port of the health server; 0 takes a free one. */
export const HEALTH_PORT = Symbol('HEALTH_PORT');

@Global()
@Module({})
class ProcessModule {}

/**
 * What every feature takes from its process: configuration, agents, which process it is, and the clock. That clock is the
 * wall's, or the one given, and inside a replay the replay's.
 */
export function processModule(config: AppConfig, kind: ProcessKind, clock: Clock = new SystemClock()): DynamicModule {
  const healthPort = kind === 'scheduler' ? config.schedulerPort : config.workerPort;
  return {
    module: ProcessModule,
    providers: [
      { provide: APP_CONFIG, useValue: config },
      { provide: CLOCK, useValue: new WorldClock(clock) },
      { provide: AgentCatalog, useFactory: () => AgentCatalog.load(config.agentsDir) },
      { provide: PROCESS_KIND, useValue: kind },
      { provide: HEALTH_PORT, useValue: healthPort },
    ],
    exports: [APP_CONFIG, CLOCK, AgentCatalog, PROCESS_KIND, HEALTH_PORT],
  };
}
