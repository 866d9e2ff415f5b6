import { Module } from '@nestjs/common';
import { DigestRepository } from './digest.repository.js';
import { DigestService } from './digest.service.js';
import { ReplayService } from './replay.service.js';

/** Replays as callers see them, and fingerprints of histories. */
@Module({
  providers: [DigestRepository, DigestService, ReplayService],
  exports: [DigestService, ReplayService],
})
export class ReplayModule {}
