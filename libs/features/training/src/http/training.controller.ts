import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import { AgentCatalog } from '@tidemark/config';
import {
  jobSchema,
  runSchema,
  runsPageSchema,
  runsQuerySchema,
  startTrainingSchema,
  type Job,
  type Run,
  type StartTraining,
} from '@tidemark/contracts';
import { JobStore } from '@tidemark/jobs';
import { decodeCursor, toPage, type Page } from '@tidemark/kernel';
import { z } from 'zod';
import { RunRepository } from '../run.repository.js';
import { trainOrder } from '../train-order.js';

type RunsQuery = z.infer<typeof runsQuerySchema>;

@ApiTags('training')
@Controller('api/v1')
@RequiresKey()
export class TrainingController {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly jobs: JobStore,
    private readonly runs: RunRepository,
  ) {}

  @Post('training/start')
  @ApiOperation({ summary: 'Queues a training; follow it at the status route or with `jobs logs`.' })
  @HttpCode(202)
  @ApiAcceptedResponse({ standardSchema: jobSchema })
  async start(@Body({ schema: startTrainingSchema }) body: StartTraining): Promise<Job> {
    trainOrder(this.agents.byName(body.agent).agent, body);
    return this.jobs.start({ kind: 'train', agent: body.agent, payload: body });
  }

  @Get('training/status/:jobId')
  @ApiOperation({ summary: 'The training job: state, progress, result or error.' })
  @ApiOkResponse({ standardSchema: jobSchema })
  async status(@Param('jobId', { schema: z.uuid() }) jobId: string): Promise<Job> {
    return this.jobs.get(jobId);
  }

  @Get('runs')
  @ApiOperation({ summary: 'Tracked runs, newest first.' })
  @ApiOkResponse({ standardSchema: runsPageSchema })
  async list(@Query({ schema: runsQuerySchema }) query: RunsQuery): Promise<Page<Run>> {
    const keys = query.cursor === undefined ? undefined : decodeCursor(query.cursor, ['instant', 'uuid']);
    const rows = await this.runs.page({
      agent: query.agent,
      jobId: query.jobId,
      before: keys === undefined ? undefined : keys,
      limit: query.limit,
    });
    return toPage(rows, query.limit, (row) => [row.startedAt, row.id]);
  }

  @Get('runs/:id')
  @ApiOperation({ summary: 'One tracked run: parameters, metrics, error.' })
  @ApiOkResponse({ standardSchema: runSchema })
  async get(@Param('id', { schema: z.uuid() }) id: string): Promise<Run> {
    return this.runs.get(id);
  }
}
