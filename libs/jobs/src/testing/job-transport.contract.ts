import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@tidemark/testing';
import type { JobDelivery, JobTransport } from '../job-transport.js';

const A = '018f0000-0000-7000-8000-00000000000a';
const B = '018f0000-0000-7000-8000-00000000000b';

/** What every {@link JobTransport} promises. `open` gives one whose queue is empty. */
export function describeJobTransport(name: string, open: () => Promise<JobTransport>): void {
  describe(`${name} as a JobTransport`, () => {
    let transport: JobTransport;
    let delivered: JobDelivery[];

    beforeEach(async () => {
      transport = await open();
      delivered = [];
    });
    afterEach(() => transport.close());

    const record = async (delivery: JobDelivery): Promise<void> => {
      delivered.push(delivery);
    };
    /** A handler that holds each delivery until it is let go. */
    function holding(): { handler: (delivery: JobDelivery) => Promise<void>; letGo: () => void } {
      let letGo = (): void => undefined;
      const gate = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      return {
        handler: async (delivery) => {
          delivered.push(delivery);
          await gate;
        },
        letGo,
      };
    }
    const key = ({ jobId, attempt }: JobDelivery): string => `${jobId} ${attempt}`;

    it('delivers what was sent before and after the consumer came', async () => {
      await transport.enqueue('work', A, 1);
      await transport.consume(record, { queue: 'work', concurrency: 1 });
      await transport.enqueue('work', B, 2);
      await eventually(() => delivered.length === 2);
      expect(delivered.map(key).sort()).toEqual([`${A} 1`, `${B} 2`]);
    });

    it('tells attempts of one job apart', async () => {
      await transport.enqueue('work', A, 1);
      await transport.enqueue('work', A, 2);
      await transport.consume(record, { queue: 'work', concurrency: 1 });
      await eventually(() => delivered.length === 2);
      expect(delivered.map(({ attempt }) => attempt).sort()).toEqual([1, 2]);
    });

    it('merges a wake-up with an equal one that waits', async () => {
      await transport.enqueue('work', A, 1);
      await transport.enqueue('work', A, 1);
      await transport.enqueue('work', B, 1);
      await transport.consume(record, { queue: 'work', concurrency: 1 });
      await eventually(() => delivered.length >= 2);
      expect(delivered.map(key).sort()).toEqual([`${A} 1`, `${B} 1`]);
    });

    it('delivers an equal wake-up again once the first was handled', async () => {
      await transport.consume(record, { queue: 'work', concurrency: 1 });
      await transport.enqueue('work', A, 1);
      await eventually(() => delivered.length === 1);
      // The end of handling becomes visible to the sender a moment after the handler returned.
      await eventually(async () => {
        await transport.enqueue('work', A, 1);
        return delivered.length >= 2;
      });
    });

    it('handles as many at once as it was told, and no more', async () => {
      const { handler, letGo } = holding();
      await transport.consume(handler, { queue: 'work', concurrency: 2 });
      for (let attempt = 1; attempt <= 4; attempt += 1) await transport.enqueue('work', A, attempt);
      await eventually(() => delivered.length === 2);
      letGo();
      await eventually(() => delivered.length === 4);
    });

    it('keeps the queues apart: one that is busy does not hold up the other', async () => {
      const { handler, letGo } = holding();
      await transport.consume(handler, { queue: 'replays', concurrency: 1 });
      await transport.consume(record, { queue: 'work', concurrency: 1 });
      await transport.enqueue('replays', A, 1);
      await eventually(() => delivered.length === 1);
      await transport.enqueue('work', B, 1);
      await eventually(() => delivered.length === 2);
      expect(delivered.map(key)).toEqual([`${A} 1`, `${B} 1`]);
      letGo();
    });

    it('waits for running handlers when it closes, and can be closed twice', async () => {
      const { handler, letGo } = holding();
      await transport.consume(handler, { queue: 'work', concurrency: 1 });
      await transport.enqueue('work', A, 1);
      await eventually(() => delivered.length === 1);
      let isClosed = false;
      const closing = transport.close().then(() => {
        isClosed = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(isClosed).toBe(false);
      letGo();
      await closing;
      await transport.close();
    });
  });
}
