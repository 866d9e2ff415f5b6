import { Inject, Injectable } from '@nestjs/common';
import { DATA_SOURCE, execute, selectOne } from '@tidemark/database';
import { CLOCK, type Clock } from '@tidemark/kernel';
import type { DataSource } from 'typeorm';
import { START, type FilePosition } from './followed-file.js';

/** Which file, and the series its bars go to. */
export interface FollowedFile {
  readonly path: string;
  readonly series: string;
}

interface PositionRow {
  read_bytes: string;
  read_lines: number;
  head_bytes: number;
  head_sha256: string;
  last_event_time: Date | null;
}

/** Rows of `followed_files`. */
@Injectable()
export class FollowedFileRepository {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** How far the file has been read; nobody else reads on until the unit of work ends. */
  async lock({ path, series }: FollowedFile): Promise<FilePosition> {
    await execute(
      this.dataSource,
      `insert into followed_files (path, series, read_bytes, read_lines, head_bytes, head_sha256, updated_at)
       values ($1, $2, 0, 0, 0, '', $3) on conflict on constraint pk_followed_files do nothing`,
      [path, series, this.clock.now()],
    );
    const row = await selectOne<PositionRow>(
      this.dataSource,
      `select read_bytes, read_lines, head_bytes, head_sha256, last_event_time from followed_files
       where path = $1 and series = $2 for update`,
      [path, series],
    );
    return row === undefined ? START : toPosition(row);
  }

  async save({ path, series }: FollowedFile, position: FilePosition): Promise<void> {
    await execute(
      this.dataSource,
      `update followed_files set read_bytes = $3, read_lines = $4, head_bytes = $5, head_sha256 = $6,
         last_event_time = $7, updated_at = $8 where path = $1 and series = $2`,
      [
        path,
        series,
        position.bytes,
        position.lines,
        position.headBytes,
        position.headSha256,
        position.lastEventTime ?? null,
        this.clock.now(),
      ],
    );
  }
}

function toPosition(row: PositionRow): FilePosition {
  return {
    bytes: Number(row.read_bytes),
    lines: row.read_lines,
    headBytes: row.head_bytes,
    headSha256: row.head_sha256,
    lastEventTime: row.last_event_time ?? undefined,
  };
}
