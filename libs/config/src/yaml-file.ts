import { LineCounter, isMap, parseDocument, visit, type Document, type Node } from 'yaml';

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A parsed YAML text that still knows where each value stands. */
export interface YamlFile {
  readonly value: unknown;
  readonly syntaxProblems: readonly (Position & { readonly message: string })[];
  /** Where the value at `path` stands, or its nearest ancestor that is written in the file; 1-based. */
  positionOf(path: readonly PropertyKey[]): Position;
}

export function parseYaml(text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems = [
    ...document.errors.map(({ pos, message }) => ({ offset: pos[0], message })),
    ...danglingAliases(document),
  ];
  return {
    value: problems.length === 0 ? (document.toJS() as unknown) : undefined,
    syntaxProblems: problems.map(({ offset, message }) => ({ ...at(offset), message })),
    positionOf: (path) => at(offsetOf(document, path)),
  };
}

/** The parser accepts an alias without its anchor and only fails when values are made. */
function danglingAliases(document: Document.Parsed): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) === undefined)
        found.push({ offset: alias.range?.[0] ?? 0, message: `there is no anchor &${alias.source}` });
    },
  });
  return found;
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const offset = keyOffset(document, path.slice(0, length)) ?? valueOffset(document, path.slice(0, length));
    if (offset !== undefined) return offset;
  }
  return (document.contents as Node | null)?.range?.[0] ?? 0;
}

/** Entries of a map are shown at their key: that is the line a reader looks for. */
function keyOffset(document: Document.Parsed, path: readonly PropertyKey[]): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(({ key }) => String(key) === String(path.at(-1)));
  return (pair?.key as Node | undefined)?.range?.[0];
}

function valueOffset(document: Document.Parsed, path: readonly PropertyKey[]): number | undefined {
  return (document.getIn(path, true) as Node | undefined)?.range?.[0];
}
