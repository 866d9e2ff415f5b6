import { Module } from '@nestjs/common';
import { JobsModule } from '@tidemark/jobs';
import { LoopHttpModule } from '@tidemark/loop/http';
import { AgentAliasesController } from './agent-aliases.controller.js';
import { AgentMetricAliasesController } from './agent-metric-aliases.controller.js';
import { DriftCalculationService } from './drift-calculation.js';
import { ModelAliasesController } from './model-aliases.controller.js';
import { MonitoringAliasesController } from './monitoring-aliases.controller.js';
import { TrainingAliasesController } from './training-aliases.controller.js';

/** Documented paths of other systems, each over what the primary API has. This is the one place for them. */
@Module({
  imports: [JobsModule, LoopHttpModule],
  controllers: [
    ModelAliasesController,
    TrainingAliasesController,
    MonitoringAliasesController,
    AgentAliasesController,
    AgentMetricAliasesController,
  ],
  providers: [DriftCalculationService],
})
export class AliasesModule {}
