import type { Command } from 'commander';
import { renderTable } from '../output/table.js';
import type { JsonOption, Session } from '../session.js';
import { define, isDefaultCommand } from './define.js';

/** One command as other programs see it: completion scripts, and the check of the documents' examples. */
export interface CatalogueEntry {
  /** Words after `npx tidemark`. */
  readonly command: string;
  readonly summary: string;
  /** Other ways to write it: the name of its group alone. */
  readonly aliases: readonly string[];
  readonly arguments: readonly { readonly name: string; readonly required: boolean }[];
  readonly options: readonly { readonly flag: string; readonly takesValue: boolean }[];
}

export function addCatalogue(program: Command, session: Session): void {
  define(program, 'commands', {
    summary: 'every command in one list; with --json also its arguments and options',
    examples: ['commands'],
  }).action((options: JsonOption) => {
    const entries = catalogue(program);
    if (options.json === true) return session.output.json(entries);
    session.output.lines(
      renderTable(
        [
          { title: 'COMMAND', cell: usage },
          { title: 'WHAT IT DOES', cell: ({ summary }) => summary },
        ],
        entries,
      ),
    );
  });
}

export function catalogue(program: Command): CatalogueEntry[] {
  return walk(program, []);
}

function walk(parent: Command, path: readonly string[]): CatalogueEntry[] {
  return parent.commands.flatMap((command) => {
    const words = [...path, command.name()];
    if (command.commands.length > 0) return walk(command, words);
    return [entryOf(command, words, isDefaultCommand(command) ? [path.join(' ')] : [])];
  });
}

function entryOf(command: Command, words: readonly string[], aliases: readonly string[]): CatalogueEntry {
  return {
    command: words.join(' '),
    summary: command.description(),
    aliases,
    arguments: command.registeredArguments.map((argument) => ({ name: argument.name(), required: argument.required })),
    options: command.options.map((option) => ({ flag: option.long ?? option.flags, takesValue: option.required })),
  };
}

function usage({ command, arguments: parameters }: CatalogueEntry): string {
  return [command, ...parameters.map(({ name, required }) => (required ? `<${name}>` : `[${name}]`))].join(' ');
}
