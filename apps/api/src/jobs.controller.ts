import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import {
  jobLogsPageSchema,
  jobSchema,
  jobsPageSchema,
  jobsQuerySchema,
  pageQuerySchema,
  type Job,
  type JobLogLine,
} from '@tidemark/contracts';
import { JobStore } from '@tidemark/jobs';
import type { Page } from '@tidemark/kernel';
import { z } from 'zod';

type JobsQuery = z.infer<typeof jobsQuerySchema>;
type PageQuery = z.infer<typeof pageQuerySchema>;

@ApiTags('jobs')
@Controller('api/v1/jobs')
@RequiresKey()
export class JobsController {
  constructor(private readonly jobs: JobStore) {}

  @Get()
  @ApiOperation({ summary: 'Jobs, newest first, by state, kind and agent.' })
  @ApiOkResponse({ standardSchema: jobsPageSchema })
  async list(@Query({ schema: jobsQuerySchema }) query: JobsQuery): Promise<Page<Job>> {
    return this.jobs.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One job: state, attempt, progress, result or error.' })
  @ApiOkResponse({ standardSchema: jobSchema })
  async get(@Param('id', { schema: z.uuid() }) id: string): Promise<Job> {
    return this.jobs.get(id);
  }

  @Get(':id/logs')
  @ApiOperation({ summary: "A job's log, oldest line first." })
  @ApiOkResponse({ standardSchema: jobLogsPageSchema })
  async logs(
    @Param('id', { schema: z.uuid() }) id: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<Page<JobLogLine>> {
    return this.jobs.logs(id, query);
  }

  @Post(':id/cancel')
  @ApiOperation({
    summary:
      'Asks a job to end; a running one ends within a second or two, and a replay takes the training it waits for along.',
  })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: jobSchema })
  async cancel(@Param('id', { schema: z.uuid() }) id: string): Promise<Job> {
    return this.jobs.cancel(id);
  }

  @Post(':id/retry')
  @ApiOperation({ summary: 'Queues a failed or cancelled job again.' })
  @HttpCode(202)
  @ApiAcceptedResponse({ standardSchema: jobSchema })
  async retry(@Param('id', { schema: z.uuid() }) id: string): Promise<Job> {
    return this.jobs.retry(id);
  }
}
