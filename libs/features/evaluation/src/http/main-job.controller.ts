import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import { mainJobRequestSchema, mainJobSchema, type MainJob } from '@tidemark/contracts';
import type { z } from 'zod';
import { MainJobService } from '../main-job.service.js';

type MainJobRequest = z.infer<typeof mainJobRequestSchema>;

@ApiTags('main job')
@Controller('api/v1/main-job')
@RequiresKey()
export class MainJobController {
  constructor(private readonly mainJob: MainJobService) {}

  @Post()
  @ApiOperation({
    summary: 'Starts the main job; one that runs or has succeeded is returned unchanged unless `rerun` is true.',
  })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: mainJobSchema })
  async start(@Body({ schema: mainJobRequestSchema }) body: MainJobRequest): Promise<MainJob> {
    return this.mainJob.start(body.rerun);
  }

  @Get()
  @ApiOperation({ summary: 'State, progress and, once there, the result tables as data and as text.' })
  @ApiOkResponse({ standardSchema: mainJobSchema })
  async get(): Promise<MainJob> {
    return this.mainJob.get();
  }
}
