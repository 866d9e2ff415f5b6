import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import { AgentCatalog } from '@tidemark/config';
import {
  agentDeploymentsQuerySchema,
  agentDeploymentsSchema,
  jobTypeSchema,
  modelRunSchema,
  modelRunsPageSchema,
  modelRunsQuerySchema,
  retrainRequestSchema,
  scheduleStatusSchema,
  triggerJobSchema,
  triggeredSchema,
  type AgentDeployment,
  type ModelRun,
  type ScheduleStatus,
  type Triggered,
} from '@tidemark/contracts';
import { decodeCursor, toPage, type Page } from '@tidemark/kernel';
import { ManualSlotsService, ScheduleStatusService } from '@tidemark/loop/http';
import { VERSION_CATALOG, type VersionCatalog } from '@tidemark/registry/read';
import { RunRepository } from '@tidemark/training';
import { z } from 'zod';
import { withAgentType } from './agent-type.js';

type ModelRunsQuery = z.infer<typeof modelRunsQuerySchema>;
type DeploymentsQuery = z.infer<typeof agentDeploymentsQuerySchema>;

/** The agents API: runs, deployments and jobs. It says `agent_type` for an agent. */
@ApiTags('documented paths')
@Controller('api/mlops')
@RequiresKey()
export class AgentAliasesController {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly runs: RunRepository,
    private readonly slots: ManualSlotsService,
    private readonly schedule: ScheduleStatusService,
    @Inject(VERSION_CATALOG) private readonly catalog: VersionCatalog,
  ) {}

  @Get('model-runs')
  @ApiOperation({ summary: 'As GET /api/v1/runs.' })
  @ApiOkResponse({ standardSchema: modelRunsPageSchema })
  async listRuns(@Query({ schema: modelRunsQuerySchema }) query: ModelRunsQuery): Promise<Page<ModelRun>> {
    const before = query.cursor === undefined ? undefined : decodeCursor(query.cursor, ['instant', 'uuid']);
    const rows = await this.runs.page({ agent: query.agent_type, before, limit: query.limit });
    return toPage(rows.map(withAgentType), query.limit, (row) => [row.startedAt, row.id]);
  }

  @Get('model-runs/:id')
  @ApiOperation({ summary: 'As GET /api/v1/runs/{id}.' })
  @ApiOkResponse({ standardSchema: modelRunSchema })
  async getRun(@Param('id', { schema: z.uuid() }) id: string): Promise<ModelRun> {
    return withAgentType(await this.runs.get(id));
  }

  @Post('retrain')
  @HttpCode(202)
  @ApiOperation({ summary: 'As POST /api/v1/training/trigger-retraining: the policy decides, its gates hold.' })
  @ApiAcceptedResponse({ standardSchema: triggeredSchema })
  async retrain(
    @Body({ schema: retrainRequestSchema }) body: z.infer<typeof retrainRequestSchema>,
  ): Promise<Triggered> {
    return { jobs: await this.slots.trigger('retrain', body.agent_type) };
  }

  @Get('deployments')
  @ApiOperation({ summary: 'Every change of Production, in order of agent and generation.' })
  @ApiOkResponse({ standardSchema: agentDeploymentsSchema })
  async deployments(
    @Query({ schema: agentDeploymentsQuerySchema }) query: DeploymentsQuery,
  ): Promise<{ items: AgentDeployment[] }> {
    const named = query.agent_type === undefined ? this.agents.all() : [this.agents.byName(query.agent_type)];
    const items: AgentDeployment[] = [];
    for (const { agent } of named) {
      for (const { model, ...rest } of await this.catalog.deployments(agent.agent)) {
        items.push({ agent_type: model, ...rest });
      }
    }
    return { items };
  }

  @Get('jobs/status')
  @ApiOperation({ summary: 'As GET /api/v1/schedule: flags, next and last slots, due, missed and skipped ones.' })
  @ApiOkResponse({ standardSchema: scheduleStatusSchema })
  async status(): Promise<ScheduleStatus> {
    return this.schedule.status();
  }

  @Post('jobs/trigger/:jobType')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Queues a job of now: jobType retrain, drift or reconciliation, of one agent or of all, or prune.',
  })
  @ApiAcceptedResponse({ standardSchema: triggeredSchema })
  async trigger(
    @Param('jobType', { schema: jobTypeSchema }) jobType: string,
    @Body({ schema: triggerJobSchema }) body: z.infer<typeof triggerJobSchema>,
  ): Promise<Triggered> {
    return { jobs: await this.slots.trigger(jobType, body.agent_type) };
  }
}
