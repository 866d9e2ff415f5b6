import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Digest } from '@tidemark/contracts';
import { notFound } from '@tidemark/kernel';
import { DigestRepository, type DigestKey } from './digest.repository.js';

/** Fingerprints of histories: equal where two runs did the same in the same simulated time. */
@Injectable()
export class DigestService {
  constructor(private readonly repository: DigestRepository) {}

  /** `until`: default how far the loop has come. @throws LOOP_MISSING */
  async of({ timeline, agent, until }: Omit<DigestKey, 'until'> & Partial<DigestKey>): Promise<Digest> {
    const seen = await this.repository.seenSlot({ timeline, agent });
    if (seen === undefined) throw missing(timeline, agent);
    const instant = until ?? seen;
    const tables = await this.repository.tables({ timeline, agent, until: instant });
    const sha256 = createHash('sha256')
      .update(tables.map((table) => `${table.table} ${table.rows} ${table.sha256}\n`).join(''))
      .digest('hex');
    return { timeline, agent, until: instant.toISOString(), sha256, tables };
  }
}

function missing(timeline: string, agent: string): Error {
  return notFound('LOOP_MISSING', `${agent} has no history on the timeline ${timeline}.`, { timeline, agent });
}
