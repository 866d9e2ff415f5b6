import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import {
  agentDriftPageSchema,
  agentDriftQuerySchema,
  agentImportancePageSchema,
  agentImportanceQuerySchema,
  agentPerformancePageSchema,
  agentPerformanceQuerySchema,
  driftCalculatedSchema,
  driftCalculationSchema,
  type DriftCalculated,
  type DriftCalculation,
} from '@tidemark/contracts';
import { decodeCursor, liveTimeline, toPage, type CursorKind, type Page } from '@tidemark/kernel';
import { MetricRepository } from '@tidemark/monitoring';
import type { z } from 'zod';
import { withAgentType } from './agent-type.js';
import { DriftCalculationService } from './drift-calculation.js';

type DriftQuery = z.infer<typeof agentDriftQuerySchema>;
type ImportanceQuery = z.infer<typeof agentImportanceQuerySchema>;
type PerformanceQuery = z.infer<typeof agentPerformanceQuerySchema>;

interface AgentQuery {
  readonly agent_type?: string;
  readonly timeline?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** The agents API: drift, performance and importance. It says `agent_type` for an agent. */
@ApiTags('documented paths')
@Controller('api/mlops')
@RequiresKey()
export class AgentMetricAliasesController {
  constructor(
    private readonly metrics: MetricRepository,
    private readonly drift: DriftCalculationService,
  ) {}

  @Post('drift/calculate')
  @HttpCode(200)
  @ApiOperation({ summary: 'Drift statistics of two samples, or of the newest bars of a feature of an agent.' })
  @ApiOkResponse({ standardSchema: driftCalculatedSchema })
  async calculate(@Body({ schema: driftCalculationSchema }) body: DriftCalculation): Promise<DriftCalculated> {
    return this.drift.calculate(body);
  }

  @Get('drift-metrics')
  @ApiOperation({ summary: 'As GET /api/v1/monitoring/drift; `status=critical` leaves the rows beyond their limits.' })
  @ApiOkResponse({ standardSchema: agentDriftPageSchema })
  async driftMetrics(
    @Query({ schema: agentDriftQuerySchema }) query: DriftQuery,
  ): Promise<Page<z.infer<typeof agentDriftPageSchema>['items'][number]>> {
    const { monitor, subject, status } = query;
    const page = pageOf(query, ['instant', 'name', 'name', 'name']);
    const rows = await this.metrics.drift({ ...page, monitor, subject, status });
    return toPage(rows.map(withAgentType), query.limit, (row) => [row.asOf, row.agent_type, row.monitor, row.subject]);
  }

  @Get('feature-importance')
  @ApiOperation({ summary: 'As GET /api/v1/monitoring/importance.' })
  @ApiOkResponse({ standardSchema: agentImportancePageSchema })
  async importance(
    @Query({ schema: agentImportanceQuerySchema }) query: ImportanceQuery,
  ): Promise<Page<z.infer<typeof agentImportancePageSchema>['items'][number]>> {
    const rows = await this.metrics.importance(pageOf(query, ['instant', 'name', 'name']));
    return toPage(rows.map(withAgentType), query.limit, (row) => [row.asOf, row.agent_type, row.feature]);
  }

  @Get('performance-history')
  @ApiOperation({ summary: 'As GET /api/v1/monitoring/performance.' })
  @ApiOkResponse({ standardSchema: agentPerformancePageSchema })
  async performance(
    @Query({ schema: agentPerformanceQuerySchema }) query: PerformanceQuery,
  ): Promise<Page<z.infer<typeof agentPerformancePageSchema>['items'][number]>> {
    const rows = await this.metrics.performance({
      ...pageOf(query, ['instant', 'name', 'name']),
      monitor: query.monitor,
    });
    return toPage(rows.map(withAgentType), query.limit, (row) => [row.asOf, row.agent_type, row.monitor]);
  }
}

function pageOf(
  { agent_type: agent, timeline, cursor, limit }: AgentQuery,
  keys: readonly CursorKind[],
): { timeline: string; agent?: string; before?: readonly (Date | string)[]; limit: number } {
  const before = cursor === undefined ? undefined : decodeCursor(cursor, keys).map((key) => key as Date | string);
  return { timeline: timeline ?? liveTimeline(), agent, before, limit };
}
