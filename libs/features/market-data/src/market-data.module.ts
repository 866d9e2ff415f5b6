import { Global, Module } from '@nestjs/common';
import { DatabaseBarArchive } from './bar-archive.js';
import { CachedBarReader } from './bar-reader.js';
import { BarRepository } from './bar.repository.js';
import { Calendars } from './calendars.js';
import { FreshnessService } from './freshness.service.js';
import { IngestAgentService } from './ingest-agent.service.js';
import { IngestService } from './ingest.service.js';
import { BAR_ARCHIVE, BAR_READER, FRESHNESS_READER, HISTORY_WRITER } from './read/index.js';

/** Bars: ways in, and the series as known at any instant. */
@Global()
@Module({
  providers: [
    BarRepository,
    IngestService,
    IngestAgentService,
    CachedBarReader,
    Calendars,
    FreshnessService,
    { provide: BAR_READER, useExisting: CachedBarReader },
    DatabaseBarArchive,
    { provide: BAR_ARCHIVE, useExisting: DatabaseBarArchive },
    { provide: FRESHNESS_READER, useExisting: FreshnessService },
    { provide: HISTORY_WRITER, useExisting: IngestService },
  ],
  exports: [
    BAR_ARCHIVE,
    BAR_READER,
    FRESHNESS_READER,
    HISTORY_WRITER,
    IngestService,
    IngestAgentService,
    BarRepository,
  ],
})
export class MarketDataModule {}
