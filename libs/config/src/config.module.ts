import { Global, Module } from '@nestjs/common';
import { CLOCK, SystemClock } from '@tidemark/kernel';
import { AgentCatalog } from './agent-catalog.js';
import { APP_CONFIG, type AppConfig } from './app-config.js';
import { loadConfig } from './environment.js';

/** Configuration, agents and clock of a process. An entry of its own, so that the command line does not load Nest. */
@Global()
@Module({
  providers: [
    { provide: APP_CONFIG, useFactory: (): AppConfig => loadConfig() },
    {
      provide: AgentCatalog,
      inject: [APP_CONFIG],
      useFactory: (config: AppConfig): AgentCatalog => AgentCatalog.load(config.agentsDir),
    },
    { provide: CLOCK, useClass: SystemClock },
  ],
  exports: [APP_CONFIG, AgentCatalog, CLOCK],
})
export class ConfigModule {}
