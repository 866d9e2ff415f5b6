import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import { AgentCatalog } from '@tidemark/config';
import {
  dashboardTrainingSchema,
  jobSchema,
  trainingJobsQuerySchema,
  trainingJobsSchema,
  triggerRetrainingSchema,
  triggeredSchema,
  type DashboardTraining,
  type Job,
  type Triggered,
} from '@tidemark/contracts';
import { JobStore } from '@tidemark/jobs';
import { notFound, type Page } from '@tidemark/kernel';
import { ManualSlotsService } from '@tidemark/loop/http';
import { trainOrder } from '@tidemark/training';
import { z } from 'zod';

type TrainingJobsQuery = z.infer<typeof trainingJobsQuerySchema>;

/** Documented paths about trainings; the primary ones are `/api/v1/training/…` and `/api/v1/jobs`. */
@ApiTags('documented paths')
@Controller()
@RequiresKey()
export class TrainingAliasesController {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly jobs: JobStore,
    private readonly slots: ManualSlotsService,
  ) {}

  @Post('api/v1/training/trigger-retraining')
  @HttpCode(202)
  @ApiOperation({ summary: "Asks an agent's policy for a retraining now, whatever its triggers say; its gates hold." })
  @ApiAcceptedResponse({ standardSchema: triggeredSchema })
  async trigger(
    @Body({ schema: triggerRetrainingSchema }) { agent }: z.infer<typeof triggerRetrainingSchema>,
  ): Promise<Triggered> {
    return { jobs: await this.slots.trigger('retrain', agent) };
  }

  @Get('mlops/training/jobs')
  @ApiOperation({ summary: 'Training jobs, newest first.' })
  @ApiOkResponse({ standardSchema: trainingJobsSchema })
  async list(
    @Query({ schema: trainingJobsQuerySchema }) { agent_type: agent, ...query }: TrainingJobsQuery,
  ): Promise<Page<Job>> {
    return this.jobs.list({ ...query, kind: 'train', agent });
  }

  @Post('mlops/training/start')
  @HttpCode(202)
  @ApiOperation({ summary: 'As POST /api/v1/training/start.' })
  @ApiAcceptedResponse({ standardSchema: jobSchema })
  async start(@Body({ schema: dashboardTrainingSchema }) body: DashboardTraining): Promise<Job> {
    const { agent_type: agent, ...order } = body;
    trainOrder(this.agents.byName(agent).agent, { agent, ...order });
    return this.jobs.start({ kind: 'train', agent, payload: { agent, ...order } });
  }

  @Post('mlops/training/:id/stop')
  @HttpCode(200)
  @ApiOperation({ summary: 'Asks a training to end; as POST /api/v1/jobs/{id}/cancel.' })
  @ApiOkResponse({ standardSchema: jobSchema })
  async stop(@Param('id', { schema: z.uuid() }) id: string): Promise<Job> {
    const { kind } = await this.jobs.get(id);
    if (kind !== 'train')
      throw notFound('TRAINING_UNKNOWN', `Job ${id} is no training but a ${kind} job.`, { id, kind });
    return this.jobs.cancel(id);
  }
}
