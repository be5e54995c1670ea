import { posix } from 'node:path';
import { parseAst } from 'vitest/node';
import type { SourceFile } from './architecture.ts';

/** One name that a file declares and exports. */
interface Exported {
  readonly path: string;
  readonly name: string;
  readonly isValue: boolean;
}

type Statement = ReturnType<typeof parseAst>['body'][number];

/** Names that more than one file exports, as `name: its files`. A type and the value beside it in one file are one thing. */
export function doubledExports(files: readonly SourceFile[]): string[] {
  const places = new Map<string, Set<string>>();
  for (const { path, name } of files.flatMap(exportsOf)) places.set(name, (places.get(name) ?? new Set()).add(path));
  return Array.from(places, ([name, paths]) => ({ name, paths: [...paths].toSorted() }))
    .filter(({ paths }) => paths.length > 1)
    .map(({ name, paths }) => `${name}: ${paths.join(', ')}`)
    .toSorted();
}

/**
 * Values that no other of the files imports, as `path: name`. Tests do not count, they are none of the files: what is only
 * exported for them is tested through what calls it. Types may be exported for the reader of a signature.
 * @param scripts files beside `src` that import the built program
 */
export function unusedValues(files: readonly SourceFile[], scripts: readonly SourceFile[] = []): string[] {
  const imported = new Set([...files.flatMap(importsOf), ...scripts.flatMap(importsOfBuilt)]);
  return files
    .flatMap(exportsOf)
    .filter(({ path, name, isValue }) => isValue && !imported.has(`${path} ${name}`) && !imported.has(`${path} *`))
    .map(({ path, name }) => `${path}: ${name}`);
}

/** Factories that take what they need in two calls, `createX(options)(deps)`, as `path: name`. What they make may be a function. */
export const factoriesInTwoCalls = (files: readonly SourceFile[]): string[] =>
  files.flatMap(({ path, text }) =>
    Array.from(text.matchAll(factory), ([whole, name = '']) => ({ whole, name }))
      .filter(({ whole }) => takesDepsLater.test(whole))
      .map(({ name }) => `${path}: ${name}`),
  );

/** To the end of the declaration, as the formatter leaves it. */
const factory = /^export (?:const|(?:async )?function) (\w+)[^\n]*(?:\n(?:[ })][^\n]*)?)*/gm;
/** Another list of parameters that begins with `deps`, or is of a type that is named so, or begins with events or a clock. */
const takesDepsLater =
  /(?:=>|\breturn|:)\s*\(+(?:deps\b|\{[^{}()]*\}: (?:\w*Deps\b|\{ readonly (?:events|clock|telemetry)\b))/;

/** What the file declares and exports itself; what it passes on from another belongs to that one. */
function exportsOf({ path, text }: SourceFile): Exported[] {
  return statementsOf(text).flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration' || statement.declaration === null) return [];
    const { declaration } = statement;
    const names =
      declaration.type === 'VariableDeclaration'
        ? declaration.declarations.map(({ id }) => (id.type === 'Identifier' ? id.name : ''))
        : 'id' in declaration && declaration.id?.type === 'Identifier'
          ? [declaration.id.name]
          : [];
    const isValue = declaration.type !== 'TSInterfaceDeclaration' && declaration.type !== 'TSTypeAliasDeclaration';
    return names.map((name) => ({ path, name, isValue }));
  });
}

/** `path name` of each name that the file takes of others of ours, and `path *` where it takes a module whole or by `import()`. */
function importsOf({ path, text }: SourceFile): string[] {
  const fileOf = (specifier: string): string => posix.join(posix.dirname(path), specifier);
  const statements = statementsOf(text).flatMap((statement) => {
    if (statement.type === 'ImportDeclaration')
      return statement.specifiers.map((one) => {
        const imported = one.type === 'ImportSpecifier' ? one.imported : undefined;
        return `${fileOf(statement.source.value)} ${imported?.type === 'Identifier' ? imported.name : '*'}`;
      });
    if (statement.type === 'ExportAllDeclaration') return [`${fileOf(statement.source.value)} *`];
    if (statement.type === 'ExportNamedDeclaration' && statement.source !== null) {
      const from = fileOf(statement.source.value);
      return statement.specifiers.map(({ local }) => `${from} ${local.type === 'Identifier' ? local.name : '*'}`);
    }
    return [];
  });
  const later = Array.from(text.matchAll(/\bimport\('(\.[^']+)'\)/g), ([, specifier = '']) => `${fileOf(specifier)} *`);
  return [...statements, ...later];
}

/** The same of a script, which imports `../dist/cli/io.js` for `src/cli/io.ts`. */
const importsOfBuilt = (file: SourceFile): string[] =>
  importsOf(file).map((one) => one.replace(/^dist\/(.*)\.js /, 'src/$1.ts '));

const parsed = new Map<string, readonly Statement[]>();

function statementsOf(text: string): readonly Statement[] {
  const known = parsed.get(text) ?? parseAst(text, { lang: 'ts' }).body;
  parsed.set(text, known);
  return known;
}
