import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequiresKey } from '@tidemark/auth';
import { statusSchema, type ProcessStatus } from '@tidemark/contracts';
import { ProcessStatusService } from '../process-status.js';

@ApiTags('operations')
@Controller('api/v1/status')
@RequiresKey()
export class StatusController {
  constructor(private readonly status: ProcessStatusService) {}

  @Get()
  @ApiOperation({ summary: 'Every process with what it serves and how far it is behind the registry.' })
  @ApiOkResponse({ standardSchema: statusSchema })
  async get(): Promise<{ processes: ProcessStatus[] }> {
    return { processes: await this.status.list() };
  }
}
