import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tidemark/config';

/** One thing that a document tells its reader to type. */
export interface DocumentedCommand {
  /** Path of the document in the repository. */
  readonly document: string;
  readonly line: number;
  readonly text: string;
  /** Shown in a shell block; else named in a sentence. */
  readonly isBlock: boolean;
}

/** Read first, in this order, as the README leads there; all others follow by name. */
const FIRST = ['README.md', 'docs/first-night.md', 'docs/operations.md'];
const FENCE = /^ *```(\w*)\n([\s\S]*?)^ *```/gm;
/** Quotes and a backslash at its end carry a line on; an apostrophe in a comment does not. */
const SHELL_LINE = /(?:'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\\n|(?<![^\s])#[^\n]*|[^\n])+/g;
const INLINE = /`(npx tidemark [^`]+)`/g;
const TYPED = /^\s*(npx tidemark|npm|curl|node) /m;

/** Markdown of the root and of `docs`, in reading order. */
export function documents(): string[] {
  const root = repositoryRoot();
  const inRoot = readdirSync(root);
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true }).map((name) => `docs/${String(name)}`);
  const all = [...inRoot, ...inDocs].filter((name) => name.endsWith('.md'));
  return [...FIRST, ...all.filter((name) => !FIRST.includes(name)).sort()];
}

/** Every command of a document in its order, continued lines joined and comments taken off. */
export function commandsOf(document: string): DocumentedCommand[] {
  const text = textOf(document);
  const command = (at: number, line: string, isBlock: boolean): DocumentedCommand => ({
    document,
    line: text.slice(0, at).split('\n').length,
    text: line.replaceAll(/\\\n\s*/g, '').trim(),
    isBlock,
  });
  const shown = blocksOf(text).filter(({ language }) => language === 'sh');
  const named = [...text.replace(FENCE, blank).matchAll(INLINE)];
  return [
    ...shown.flatMap(({ lines }) => lines.map(({ at, line }) => command(at, line, true))),
    ...named.map((match) => command(match.index, match[1]!, false)),
  ].sort((a, b) => a.line - b.line);
}

/** Blocks of a document in one language. */
export function codeBlocks(document: string, language: string): string[] {
  return blocksIn(document)
    .filter((block) => block.language === language)
    .map(({ body }) => body);
}

/** Blocks that show something to type, but in another language than `sh`: their commands would escape. */
export function escapedBlocks(document: string): string[] {
  return blocksIn(document)
    .filter(({ language, body }) => language !== 'sh' && TYPED.test(body))
    .map(({ body }) => body.trim());
}

interface Block {
  readonly language: string;
  readonly body: string;
  /** Its lines that are neither empty nor comments, and where each begins in the document. */
  readonly lines: readonly { readonly at: number; readonly line: string }[];
}

function textOf(document: string): string {
  return readFileSync(join(repositoryRoot(), document), 'utf8');
}

const blocksIn = (document: string): Block[] => blocksOf(textOf(document));

function blocksOf(text: string): Block[] {
  return [...text.matchAll(FENCE)].map((match) => {
    const [whole, language, body] = match as unknown as [string, string, string];
    const start = match.index + whole.indexOf(body);
    const lines = [...body.matchAll(SHELL_LINE)]
      .map((found) => ({ at: start + found.index, line: found[0].replace(/(^|\s)#.*$/, '') }))
      .filter(({ line }) => line.trim() !== '');
    return { language, body, lines };
  });
}

/** The same lines without their words, so that places stay what they were. */
function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ');
}
