import { Module } from '@nestjs/common';
import { MarketDataModule } from '../market-data.module.js';
import { IngestHandler } from './ingest.handler.js';

@Module({ imports: [MarketDataModule], providers: [IngestHandler] })
export class MarketDataJobsModule {}
