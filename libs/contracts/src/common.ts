import { z } from 'zod';

/** Instant in ISO-8601 with offset, or a date `YYYY-MM-DD` that means the end of that UTC day. */
export const instantOrDateSchema = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'expected an ISO-8601 instant like 2020-03-16T21:00:00Z, or a date like 2020-03-16',
  })
  .describe('ISO-8601 instant, or a date that means the end of that UTC day');

export const instantSchema = z.iso.datetime({ offset: true });

/** Names of agents, models, series and features: lower case, starts with a letter, at most 64 characters. */
export const nameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'expected a lower-case name like market_insight (letters, digits, _; at most 64)');

/** Stands for the agent in jobs that belong to the installation as a whole: no agent has that name. */
export const INSTALLATION = 'installation';

/** Name of a timeline: `main`, or what a replay was called. */
export const timelineIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'expected a name like main or replay-2 (lower-case letters, digits, -; at most 63)');

/** A version by its sequence number (`3`) or its semantic version (`1.2.0`). */
export const versionRefSchema = z
  .string()
  .regex(/^(\d{1,9}|\d{1,9}\.\d{1,9}\.\d{1,9})$/, 'expected a sequence number like 3 or a semantic version like 1.2.0');

/** Free text of a caller: no control characters, which a database text or a terminal would not take. */
export function textSchema(min: number, max: number): z.ZodString {
  return z
    .string()
    .min(min)
    .max(max)
    .regex(/^\P{Cc}*$/u, 'expected text without control characters');
}

export const pageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(512).optional(),
});

/** A page of what one timeline holds. */
export const timelinePageQuerySchema = pageQuerySchema.extend({
  timeline: timelineIdSchema.optional().describe('default: the live one'),
});

export const errorResponseSchema = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
  requestId: z.string(),
});
export type ErrorResponse = z.infer<typeof errorResponseSchema>;

export const taskSchema = z.enum(['direction', 'volatility']);
export type Task = z.infer<typeof taskSchema>;

/** Schema of a page of `item`. */
export function pageOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; nextCursor: z.ZodOptional<z.ZodString> }> {
  return z.object({ items: z.array(item), nextCursor: z.string().optional() });
}
