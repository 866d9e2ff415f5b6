import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Principal, RequiresKey } from '@tidemark/auth';
import { adoptionSchema, timelineIdSchema, timelinesSchema, type Adoption, type Timeline } from '@tidemark/contracts';
import { TimelineService } from '../timeline.service.js';

@ApiTags('timelines')
@Controller('api/v1/timelines')
@RequiresKey()
export class TimelinesController {
  constructor(private readonly timelines: TimelineService) {}

  @Get()
  @ApiOperation({ summary: 'Every timeline with the state of its loops, and which one serves.' })
  @ApiOkResponse({ standardSchema: timelinesSchema })
  async list(): Promise<{ items: Timeline[] }> {
    return { items: await this.timelines.list() };
  }

  @Post(':id/adopt')
  @ApiOperation({ summary: 'Lets a replayed timeline serve, with a new generation of every model; copies nothing.' })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: adoptionSchema })
  async adopt(@Param('id', { schema: timelineIdSchema }) id: string, @Principal() actor: string): Promise<Adoption> {
    return this.timelines.adopt(id, actor);
  }

  @Post('undo-adopt')
  @ApiOperation({ summary: 'Back to the timeline that served before; a second time goes forth again.' })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: adoptionSchema })
  async undo(@Principal() actor: string): Promise<Adoption> {
    return this.timelines.undo(actor);
  }
}
