import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { repositoryRoot } from '@tidemark/config';
import type { SmallDisk } from '@tidemark/testing';

const FIXTURE = join(repositoryRoot(), 'tests/e2e/fixtures/postgres-on-command.mjs');

/** A durable PostgreSQL with all its files on a small disk. */
export class PostgresOnDisk {
  private readonly child: ChildProcess;
  private readonly answers: Interface;

  constructor(disk: SmallDisk) {
    const folder = (name: string): string => join(disk.inside, name);
    const script = [process.execPath, FIXTURE, folder('data'), repositoryRoot(), folder('system')];
    const [program, ...args] = disk.command(script);
    this.child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout! });
  }

  /** Starts it, again after it has ended, and resolves to its URL: the same every time. */
  async start(): Promise<string> {
    const answer = once(this.answers, 'line') as Promise<[string]>;
    const ended = once(this.child, 'exit').then(() => Promise.reject(new Error('PostgreSQL could not be started')));
    this.child.stdin!.write('start\n');
    const [line] = await Promise.race([answer, ended]);
    return (JSON.parse(line) as { url: string }).url;
  }

  async close(): Promise<void> {
    this.child.stdin!.end();
    if (this.child.exitCode === null) await once(this.child, 'exit');
  }
}
