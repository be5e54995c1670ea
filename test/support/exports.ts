import { parseAst } from 'vitest/node';
import type { SourceFile } from './architecture.ts';

/** One name that a file declares and exports. */
interface Exported {
  readonly path: string;
  readonly name: string;
}

/** Names that more than one file exports, as `name: its files`. A type and the value beside it in one file are one thing. */
export function doubledExports(files: readonly SourceFile[]): string[] {
  const places = new Map<string, Set<string>>();
  for (const { path, name } of files.flatMap(exportsOf)) places.set(name, (places.get(name) ?? new Set()).add(path));
  return Array.from(places, ([name, paths]) => ({ name, paths: [...paths].toSorted() }))
    .filter(({ paths }) => paths.length > 1)
    .map(({ name, paths }) => `${name}: ${paths.join(', ')}`)
    .toSorted();
}

/** What the file declares and exports itself; what it passes on from another belongs to that one. */
function exportsOf({ path, text }: SourceFile): Exported[] {
  return parseAst(text, { lang: 'ts' }).body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration' || statement.declaration === null) return [];
    const { declaration } = statement;
    const names =
      declaration.type === 'VariableDeclaration'
        ? declaration.declarations.map(({ id }) => (id.type === 'Identifier' ? id.name : ''))
        : 'id' in declaration && declaration.id?.type === 'Identifier'
          ? [declaration.id.name]
          : [];
    return names.map((name) => ({ path, name }));
  });
}
