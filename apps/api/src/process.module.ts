import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_CONFIG, AgentCatalog, type AppConfig } from '@tidemark/config';
import { PROCESS_KIND } from '@tidemark/inference';
import { CLOCK, SystemClock } from '@tidemark/kernel';

@Global()
@Module({})
class ProcessModule {}

/** What every feature takes from its process: configuration, clock, agents, and which process it is. */
export function processModule(config: AppConfig): DynamicModule {
  return {
    module: ProcessModule,
    providers: [
      { provide: APP_CONFIG, useValue: config },
      { provide: CLOCK, useClass: SystemClock },
      { provide: AgentCatalog, useFactory: () => AgentCatalog.load(config.agentsDir) },
      { provide: PROCESS_KIND, useValue: 'api' },
    ],
    exports: [APP_CONFIG, CLOCK, AgentCatalog, PROCESS_KIND],
  };
}
