import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
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
  @ApiOkResponse({ standardSchema: jobsPageSchema })
  async list(@Query({ schema: jobsQuerySchema }) query: JobsQuery): Promise<Page<Job>> {
    return this.jobs.list(query);
  }

  @Get(':id')
  @ApiOkResponse({ standardSchema: jobSchema })
  async get(@Param('id', { schema: z.uuid() }) id: string): Promise<Job> {
    return this.jobs.get(id);
  }

  @Get(':id/logs')
  @ApiOkResponse({ standardSchema: jobLogsPageSchema })
  async logs(
    @Param('id', { schema: z.uuid() }) id: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<Page<JobLogLine>> {
    return this.jobs.logs(id, query);
  }

  /** Asks a job to end; a running one ends within a second or two. */
  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: jobSchema })
  async cancel(@Param('id', { schema: z.uuid() }) id: string): Promise<Job> {
    return this.jobs.cancel(id);
  }

  /** Queues a failed or cancelled job again. */
  @Post(':id/retry')
  @HttpCode(202)
  @ApiAcceptedResponse({ standardSchema: jobSchema })
  async retry(@Param('id', { schema: z.uuid() }) id: string): Promise<Job> {
    return this.jobs.retry(id);
  }
}
