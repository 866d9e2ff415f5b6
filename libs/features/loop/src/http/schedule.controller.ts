import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import {
  scheduleStatusSchema,
  triggerRequestSchema,
  triggeredSchema,
  type ScheduleStatus,
  type TriggerRequest,
  type Triggered,
} from '@tidemark/contracts';
import { ManualSlotsService } from './manual-slots.service.js';
import { ScheduleStatusService } from './schedule-status.service.js';

@ApiTags('schedule')
@Controller('api/v1/schedule')
@RequiresKey()
export class ScheduleController {
  constructor(
    private readonly schedule: ScheduleStatusService,
    private readonly manual: ManualSlotsService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Flags, per agent and schedule the next slot, the last one, and what was missed; and the nightly prune.',
  })
  @ApiOkResponse({ standardSchema: scheduleStatusSchema })
  async status(): Promise<ScheduleStatus> {
    return this.schedule.status();
  }

  @Post('trigger')
  @ApiOperation({
    summary: 'Queues a slot of now, a reconciliation of yesterday, or a prune; runs also where the scheduler is off.',
  })
  @HttpCode(202)
  @ApiAcceptedResponse({ standardSchema: triggeredSchema })
  async trigger(@Body({ schema: triggerRequestSchema }) { type, agent }: TriggerRequest): Promise<Triggered> {
    return { jobs: await this.manual.trigger(type, agent) };
  }
}
