import type { Document, YAMLError } from 'yaml';
import type { ConfigPath } from './path.ts';
import type { Problem } from './problems.ts';
import { yamlLibrary } from './yaml-library.ts';

/** Counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A configuration file that has been read as YAML. */
export interface YamlSource {
  /** As the user named it; shown in problems and origins. */
  readonly name: string;
  /** The plain value; `{}` for an empty file. */
  readonly value: unknown;
  /** False where the syntax is broken and the value must not be used. */
  readonly isReadable: boolean;
  readonly problems: readonly Problem[];
  /** Where the value at a path stands, or undefined where the file does not have it. */
  locate(path: ConfigPath): Position | undefined;
  /** Where the key of a field stands. */
  locateKey(path: ConfigPath): Position | undefined;
}

/** Reads YAML 1.2, of which JSON is a part, with the library. @param name shown in problems. */
export function parseDocumentSource(text: string, name: string): YamlSource {
  const { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } = yamlLibrary();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems = [...document.errors, ...document.warnings].map(
    (error): Problem => ({ file: name, ...at(error.pos[0]), path: '', message: syntaxMessage(error) }),
  );
  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const pairAt = (path: ConfigPath): { key: unknown; value: unknown } | undefined => {
    let found: { key: unknown; value: unknown } = { key: undefined, value: document.contents };
    for (const step of path) {
      const node = resolve(found.value);
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
        if (pair === undefined) return undefined;
        found = { key: pair.key, value: pair.value ?? pair.key };
      } else if (isSeq(node) && typeof step === 'number' && step < node.items.length)
        found = { key: node.items[step], value: node.items[step] };
      else return undefined;
    }
    return found;
  };
  const positionOf = (node: unknown): Position | undefined => {
    const range = isNode(node) ? node.range : undefined;
    return range === undefined || range === null ? undefined : at(range[0]);
  };
  const { value, failure } = plainValue(document);
  if (failure !== undefined) problems.push({ file: name, line: 1, column: 1, path: '', message: failure });
  return {
    name,
    value: value ?? {},
    isReadable: failure === undefined && document.errors.every(({ code }) => code === 'DUPLICATE_KEY'),
    problems,
    locate: (path) => positionOf(pairAt(path)?.value),
    locateKey: (path) => positionOf(pairAt(path)?.key),
  };
}

function plainValue(document: Document.Parsed): { value?: unknown; failure?: string } {
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) as unknown };
  } catch {
    return { failure: 'its aliases cannot be resolved; write the values out' };
  }
}

const syntaxMessages: ReadonlyMap<string, string> = new Map([
  ['DUPLICATE_KEY', 'this key is given twice in one mapping; keep one of them'],
  ['MULTIPLE_DOCS', 'a second YAML document begins here; keep one document in the file'],
  ['TAB_AS_INDENT', 'a tab cannot indent YAML; use spaces'],
]);

const syntaxMessage = ({ code, message }: YAMLError): string =>
  syntaxMessages.get(code) ?? `not valid YAML: ${message}`;
