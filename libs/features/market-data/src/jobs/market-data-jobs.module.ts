import { Module } from '@nestjs/common';
import { FileFollower } from '../file-follower.js';
import { FollowedFileRepository } from '../followed-file.repository.js';
import { MarketDataModule } from '../market-data.module.js';
import { FileFollowerPoll } from './file-follower.poll.js';
import { IngestHandler } from './ingest.handler.js';

@Module({
  imports: [MarketDataModule],
  providers: [IngestHandler, FollowedFileRepository, FileFollower, FileFollowerPoll],
})
export class MarketDataJobsModule {}
