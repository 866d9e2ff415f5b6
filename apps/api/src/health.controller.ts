import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Open, RequiresKey } from '@tidemark/auth';
import { healthSchema, type Health } from '@tidemark/contracts';
import { HealthRegistry, Metrics } from '@tidemark/telemetry';
import type { FastifyReply } from 'fastify';

@ApiTags('operations')
@Controller()
export class HealthController {
  constructor(
    private readonly health: HealthRegistry,
    private readonly metrics: Metrics,
  ) {}

  @Get(['health', 'api/health'])
  @Open()
  @ApiOperation({
    summary: 'The parts of this process. 503 only when it cannot serve; `degraded` still answers 200.',
    security: [],
  })
  @ApiOkResponse({ standardSchema: healthSchema })
  async get(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    const report = await this.health.report();
    if (report.status === 'down') void reply.status(503);
    return report;
  }

  @Get('metrics')
  @ApiOperation({ summary: 'Prometheus text exposition.' })
  @RequiresKey()
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  @Header('Cache-Control', 'no-store')
  async text(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.type(this.metrics.contentType);
    return this.metrics.text();
  }
}
