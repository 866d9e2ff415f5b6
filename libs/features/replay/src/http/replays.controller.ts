import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import {
  digestQuerySchema,
  digestSchema,
  replayStartedSchema,
  startReplaySchema,
  timelineIdSchema,
  type Digest,
  type StartReplay,
} from '@tidemark/contracts';
import { instantOf } from '@tidemark/kernel';
import type { z } from 'zod';
import { DigestService } from '../digest.service.js';
import { ReplayService } from '../replay.service.js';

type DigestQuery = z.infer<typeof digestQuerySchema>;

@ApiTags('timelines')
@Controller('api/v1')
@RequiresKey()
export class ReplaysController {
  constructor(
    private readonly replays: ReplayService,
    private readonly digests: DigestService,
  ) {}

  @Post('replays')
  @ApiOperation({ summary: 'Replays the loop of agents on a timeline of its own, which serves nobody until adopted.' })
  @HttpCode(202)
  @ApiAcceptedResponse({ standardSchema: replayStartedSchema })
  async start(@Body({ schema: startReplaySchema }) body: StartReplay): Promise<z.infer<typeof replayStartedSchema>> {
    return this.replays.start(body);
  }

  @Get('timelines/:id/digest')
  @ApiOperation({ summary: 'Fingerprint of what the loop of an agent did on a timeline, up to a simulated instant.' })
  @ApiOkResponse({ standardSchema: digestSchema })
  async digest(
    @Param('id', { schema: timelineIdSchema }) timeline: string,
    @Query({ schema: digestQuerySchema }) { agent, until }: DigestQuery,
  ): Promise<Digest> {
    return this.digests.of({ timeline, agent, until: until === undefined ? undefined : instantOf(until, 'end') });
  }
}
