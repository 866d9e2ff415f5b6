import { z } from 'zod';
import { instantSchema } from './common.js';

export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  parts: z.record(
    z.string(),
    z.object({
      status: z.enum(['ok', 'degraded', 'down']),
      message: z.string(),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});
export type Health = z.infer<typeof healthSchema>;

/** What each process serves: version and generation of every agent, and how far it lags behind the registry. */
export const processStatusSchema = z.object({
  id: z.string(),
  kind: z.enum(['api', 'worker', 'scheduler']),
  pid: z.number().int(),
  startedAt: instantSchema,
  seenAt: instantSchema,
  alive: z.boolean(),
  serving: z.array(
    z.object({
      agent: z.string(),
      version: z.string(),
      generation: z.number().int(),
      registryGeneration: z.number().int(),
      lag: z.number().int(),
    }),
  ),
});
export type ProcessStatus = z.infer<typeof processStatusSchema>;
export const statusSchema = z.object({ processes: z.array(processStatusSchema) });
