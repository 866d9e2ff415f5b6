import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import type { JsonOption, Session } from '../session.js';

export interface CommandText {
  readonly summary: string;
  /** What follows `npx tidemark`; one line each. */
  readonly examples: readonly string[];
  /** Runs when its group is named alone: `models` is `models list`. */
  readonly isDefault?: boolean;
}

export interface PageOptions extends JsonOption {
  readonly limit?: number;
  readonly cursor?: string;
}

const MAX_LIMIT = 500;
const defaults = new WeakSet<Command>();

/** A command that acts: with examples in its help, and `--json`. */
export function define(parent: Command, name: string, text: CommandText): Command {
  const command = parent
    .command(name, { isDefault: text.isDefault ?? false })
    .description(text.summary)
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', examplesText(text.examples));
  if (text.isDefault === true) defaults.add(command);
  return command;
}

export function isDefaultCommand(command: Command): boolean {
  return defaults.has(command);
}

/** A command that holds others. */
export function group(parent: Command, name: string, summary: string): Command {
  return parent.command(name).description(summary).helpCommand(false);
}

/** Options of a list that comes in pages. */
export function paged(command: Command): Command {
  return command
    .option('--limit <count>', `rows on this page, 1 to ${MAX_LIMIT} (default 50)`, integer(1, MAX_LIMIT))
    .option('--cursor <cursor>', 'go on where the page before said');
}

/** Says how to see the rest of a list. */
export function noteMore(session: Session, options: JsonOption, nextCursor: string | undefined): void {
  if (nextCursor === undefined || options.json === true) return;
  session.output.note(`There is more: add --cursor ${nextCursor}`);
}

/** Parses an argument by its contract, so that a mistake is named before anything is sent. */
export function by<T>(schema: z.ZodType<T>): (text: string) => T {
  return (text) => {
    const parsed = schema.safeParse(text, { error: expected });
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues.map((issue) => issue.message).join('; '));
  };
}

/** In words of a person; a contract's own message goes before it, and what is not known here is said as zod says it. */
function expected(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_value') return `expected one of ${issue.values.join(', ')}`;
  const length = typeof issue.input === 'string' ? issue.input.length : undefined;
  if (length === undefined) return undefined;
  if (issue.code === 'too_small' && issue.origin === 'string')
    return `expected at least ${String(issue.minimum)} characters, got ${length}`;
  if (issue.code === 'too_big' && issue.origin === 'string')
    return `expected at most ${String(issue.maximum)} characters, got ${length}`;
  return undefined;
}

export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,16}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
  };
}

function examplesText(examples: readonly string[]): string {
  const title = examples.length === 1 ? 'Example:' : 'Examples:';
  return ['', title, ...examples.map((example) => `  npx tidemark ${example}`)].join('\n');
}
