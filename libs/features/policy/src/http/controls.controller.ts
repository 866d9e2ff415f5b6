import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Principal, RequiresKey } from '@tidemark/auth';
import {
  agentControlsSchema,
  artifactPrefixSchema,
  controlsQuerySchema,
  freezeRequestSchema,
  nameSchema,
  pinRequestSchema,
  type AgentControlsView,
} from '@tidemark/contracts';
import type { z } from 'zod';
import { ControlsService } from '../controls.service.js';

type ControlsQuery = z.infer<typeof controlsQuerySchema>;
type FreezeRequest = z.infer<typeof freezeRequestSchema>;
type PinRequest = z.infer<typeof pinRequestSchema>;

/** Changes are to the live timeline and hold from the next decision on. */
@ApiTags('controls')
@Controller('api/v1/agents/:agent')
@RequiresKey()
export class ControlsController {
  constructor(private readonly controls: ControlsService) {}

  @Get('controls')
  @ApiOperation({ summary: 'Freeze, pin and latches of an agent.' })
  @ApiOkResponse({ standardSchema: agentControlsSchema })
  async view(
    @Param('agent', { schema: nameSchema }) agent: string,
    @Query({ schema: controlsQuerySchema }) { timeline }: ControlsQuery,
  ): Promise<AgentControlsView> {
    return this.controls.view(agent, timeline);
  }

  @Post('freeze')
  @ApiOperation({ summary: 'Stops everything automatic: no training, promotion or rollback until the freeze ends.' })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: agentControlsSchema })
  async freeze(
    @Param('agent', { schema: nameSchema }) agent: string,
    @Body({ schema: freezeRequestSchema }) { reason }: FreezeRequest,
    @Principal() actor: string,
  ): Promise<AgentControlsView> {
    return this.controls.freeze(agent, reason, actor);
  }

  @Delete('freeze')
  @ApiOperation({ summary: 'Ends a freeze.' })
  @ApiOkResponse({ standardSchema: agentControlsSchema })
  async unfreeze(
    @Param('agent', { schema: nameSchema }) agent: string,
    @Principal() actor: string,
  ): Promise<AgentControlsView> {
    return this.controls.unfreeze(agent, actor);
  }

  @Post('pin')
  @ApiOperation({
    summary: 'Keeps the policy from changing Production; promoting the named version is a separate act.',
  })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: agentControlsSchema })
  async pin(
    @Param('agent', { schema: nameSchema }) agent: string,
    @Body({ schema: pinRequestSchema }) { version }: PinRequest,
    @Principal() actor: string,
  ): Promise<AgentControlsView> {
    return this.controls.pin(agent, version, actor);
  }

  @Delete('pin')
  @ApiOperation({ summary: 'Ends a pin.' })
  @ApiOkResponse({ standardSchema: agentControlsSchema })
  async unpin(
    @Param('agent', { schema: nameSchema }) agent: string,
    @Principal() actor: string,
  ): Promise<AgentControlsView> {
    return this.controls.unpin(agent, actor);
  }

  @Post('latches/:sha/release')
  @ApiOperation({ summary: 'Lets a rolled back artifact, named by its first digits, be promoted again.' })
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: agentControlsSchema })
  async release(
    @Param('agent', { schema: nameSchema }) agent: string,
    @Param('sha', { schema: artifactPrefixSchema }) prefix: string,
    @Principal() actor: string,
  ): Promise<AgentControlsView> {
    return this.controls.release(agent, prefix, actor);
  }
}
