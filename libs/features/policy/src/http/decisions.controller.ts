import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import {
  decisionSchema,
  decisionsPageSchema,
  decisionsQuerySchema,
  explanationSchema,
  type Decision,
  type Explanation,
} from '@tidemark/contracts';
import { decodeCursor, liveTimeline, toPage, type Page } from '@tidemark/kernel';
import { z } from 'zod';
import { AuditService } from '../audit.service.js';
import { DecisionRepository } from '../decision.repository.js';

type DecisionsQuery = z.infer<typeof decisionsQuerySchema>;

const id = z.uuid();

@ApiTags('decisions')
@Controller('api/v1/decisions')
@RequiresKey()
export class DecisionsController {
  constructor(
    private readonly decisions: DecisionRepository,
    private readonly audit: AuditService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'What the policy decided at each slot, and why, newest first.' })
  @ApiOkResponse({ standardSchema: decisionsPageSchema })
  async list(@Query({ schema: decisionsQuerySchema }) query: DecisionsQuery): Promise<Page<Decision>> {
    const { cursor, timeline = liveTimeline(), ...filters } = query;
    const before = cursor === undefined ? undefined : decodeCursor(cursor, ['instant', 'name', 'name']);
    const rows = await this.decisions.page({ ...filters, timeline, before });
    return toPage(rows, query.limit, ({ slotAt, agent, kind }) => [slotAt, agent, kind]);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One decision with every rule that was looked at and what it said.' })
  @ApiOkResponse({ standardSchema: decisionSchema })
  async get(@Param('id', { schema: id }) decision: string): Promise<Decision> {
    return (await this.decisions.get(decision)).decision;
  }

  @Get(':id/explain')
  @ApiOperation({ summary: 'The decision, all it knew, and what the code that runs now makes of the same context.' })
  @ApiOkResponse({ standardSchema: explanationSchema })
  async explain(@Param('id', { schema: id }) decision: string): Promise<Explanation> {
    return this.audit.explain(decision);
  }
}
