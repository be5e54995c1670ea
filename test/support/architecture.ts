import { posix } from 'node:path';

/** One source file of the program. */
export interface SourceFile {
  /** From the root of the repository, e.g. `src/plane/plane.ts`. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

/** Folders of src/ from the bottom up. A file imports from folders below its own and from its own. */
const layers: readonly (readonly string[])[] = [
  ['kernel'],
  ['mqtt', 'pki'],
  ['plane'],
  ['broker'],
  ['http'],
  ['transport', 'auth', 'storage', 'bridge', 'hub', 'signaling', 'admin', 'telemetry', 'enrollment'],
  ['certificates'],
  ['app'],
  ['cli'],
  ['bin'],
];
/** Puts together the schemas that the modules own; stands beside the layers. */
const configFolder = 'config';
const configImporters = ['app', 'cli', configFolder];
/** Pure checks of settings, and of the files that they name, that no schema can express; config/ runs them with its own. */
const settingChecks = [
  'src/bridge/mapping/check-rules.ts',
  'src/bridge/mapping/rules-taking.ts',
  'src/auth/check-authentication.ts',
  'src/auth/check-rules.ts',
  'src/auth/listener-facts.ts',
  'src/auth/provider-names.ts',
  'src/auth/passwords/lines.ts',
  'src/auth/tokens/own-keys.ts',
  'src/pki/x509/pem-blocks.ts',
  'src/signaling/turn/turn-secrets.ts',
];

/** The only places that may import a package; packages that are not listed may not be imported at all. */
const packages: readonly { readonly names: RegExp; readonly where: RegExp; readonly place: string }[] = [
  { names: /^(aedes|aedes-packet|mqtt-packet)$/, where: /^src\/broker\/aedes\//, place: 'src/broker/aedes' },
  { names: /^mqtt$/, where: /^src\/(cli|admin\/web)\//, place: 'src/cli and src/admin/web' },
  { names: /^@nats-io\//, where: /^src\/bridge\//, place: 'src/bridge' },
  { names: /^(prom-client|pino|pino-pretty)$/, where: /^src\/telemetry\//, place: 'src/telemetry' },
  { names: /^(node-forge|@peculiar\/x509|reflect-metadata)$/, where: /^src\/pki\//, place: 'src/pki' },
  {
    names: /^(ioredis|aedes-persistence-redis|msgpack-lite)$/,
    where: /^src\/storage\/redis\//,
    place: 'src/storage/redis',
  },
  { names: /^jose$/, where: /^src\/auth\/tokens\//, place: 'src/auth/tokens' },
  { names: /^@node-rs\//, where: /^src\/auth\/passwords\//, place: 'src/auth/passwords' },
  { names: /^lmdb$/, where: /^src\/storage\/disk\//, place: 'src/storage/disk' },
  { names: /^yaml$/, where: /^src\/config\//, place: 'src/config' },
  { names: /^zod$/, where: /^src\/(config\/.*|.*\/([a-z-]+-)?schema)\.ts$/, place: 'schema files and src/config' },
  { names: /^(commander|picocolors)$/, where: /^src\/cli\//, place: 'src/cli' },
];

const page = 'src/admin/web/';
/** Pure functions that the page runs too: they import nothing, so that nothing else comes along. */
export const forPageToo = ['src/kernel/shell-word.ts', 'src/mqtt/refusal-words.ts'];
const maxLines = 300;
/** Time comes from here, so that tests can set it. The page has a browser's. */
const clockFile = 'src/kernel/clock.ts';
const ownClock = /\b(Date\.now|performance\.now|process\.hrtime|new Date\(\)|(?<!\.)set(Timeout|Interval)\()/;

/** Every rule of STYLE.md that the file breaks, as `path: rule`. */
export function violationsOf(file: SourceFile): string[] {
  const found = [
    ...placeViolations(file),
    ...textViolations(file),
    ...importsOf(file.text).flatMap((one) => importViolations(file, one)),
  ];
  return found.map((rule) => `${file.path}: ${rule}`);
}

/**
 * Circles of imports: of files, also where only types go round, and of the rooms of a folder with each other and with
 * the files that stand beside them. Schema files are left out of the latter: the one of a folder composes those of its
 * rooms, which is no way that the program takes.
 */
export function circlesOf(files: readonly SourceFile[]): string[] {
  const imports = new Map(
    files.map((file) => [
      file.path,
      importsOf(file.text)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => posix.join(posix.dirname(file.path), specifier)),
    ]),
  );
  const rooms = [...new Set(files.flatMap(({ path }) => foldersAbove(path)))].flatMap((folder) => {
    const nodeOf = (path: string): string | undefined =>
      path.startsWith(`${folder}/`) && !isSchema(path) ? path.slice(folder.length + 1).split('/')[0] : undefined;
    return circlesIn(between(imports, nodeOf)).map((names) => `${folder}: ${names.join(', ')} import each other`);
  });
  return [...circlesIn(imports).map((names) => `${names.join(', ')} import each other`), ...rooms];
}

/** `src/pki/issue/issue.ts`: `src/pki/issue`, `src/pki`. What stands in `src` itself has its layers. */
const foldersAbove = (path: string): string[] => {
  const names = posix.dirname(path).split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 2).join('/'));
};

/** The same arrows between what `nodeOf` puts together; files that it puts nowhere are left out. */
function between(imports: ReadonlyMap<string, readonly string[]>, nodeOf: (path: string) => string | undefined) {
  const arrows = new Map<string, string[]>();
  for (const [path, targets] of imports) {
    const from = nodeOf(path);
    if (from === undefined) continue;
    const known = arrows.get(from) ?? [];
    arrows.set(from, known);
    for (const target of targets) {
      const to = nodeOf(target);
      if (to !== undefined && to !== from) known.push(to);
    }
  }
  return arrows;
}

/** Groups of nodes of which each reaches each other (Tarjan's strongly connected components of two and more). */
function circlesIn(arrows: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const visit = (node: string): void => {
    const number = order.size;
    order.set(node, number);
    lowest.set(node, number);
    open.push(node);
    for (const next of arrows.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (open.includes(next)) lowest.set(node, Math.min(lowest.get(node) ?? 0, lowest.get(next) ?? 0));
    }
    if (lowest.get(node) !== number) return;
    const group = open.splice(open.indexOf(node));
    if (group.length > 1) found.push(group.toSorted());
  };
  for (const node of arrows.keys()) visit(node);
  return found;
}

function placeViolations({ path }: SourceFile): string[] {
  if (path === 'src/bin.ts') return [];
  const folder = folderOf(path);
  const isKnown = folder === configFolder || layerOf(folder) !== -1;
  return isKnown && folder !== 'bin' ? [] : [`"${folder}" is no folder of the layout; put the file into one that is`];
}

function textViolations({ path, text }: SourceFile): string[] {
  const found: string[] = [];
  const lines = text.split('\n').length - 1;
  if (lines > maxLines) found.push(`${lines} lines; a file does one thing in at most ${maxLines}`);
  const code = withoutComments(text);
  if (/^export default\b/m.test(code)) found.push('default export; name it');
  const mayReadEnvironment = path === 'src/bin.ts' || /^src\/(config|cli)\//.test(path);
  if (/\bprocess\.env\b/.test(code) && !mayReadEnvironment)
    found.push('process.env is read in src/config and src/cli only');
  if (path !== clockFile && !path.startsWith(page) && ownClock.test(code))
    found.push(`a clock or a timer of its own; take the Clock of ${clockFile}`);
  return found;
}

function importViolations(file: SourceFile, one: Import): string[] {
  if (forPageToo.includes(file.path))
    return [`"${one.specifier}" would come into the page with it; it imports nothing`];
  if (!one.specifier.startsWith('.')) return packageViolations(file, one);
  const target = posix.join(posix.dirname(file.path), one.specifier);
  if (!one.specifier.endsWith('.ts')) return [`import of "${one.specifier}" does not end in .ts`];
  if (target.startsWith(page) || file.path.startsWith(page)) return pageViolations(file, target, one);
  return edgeViolations(file.path, target, one);
}

function packageViolations({ path }: SourceFile, { specifier }: Import): string[] {
  if (specifier.startsWith('node:')) return path.startsWith(page) ? [`"${specifier}" does not exist in a browser`] : [];
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const rule = packages.find(({ names }) => names.test(name));
  if (rule === undefined) return [`package "${name}" has no place yet; give it one in test/support/architecture.ts`];
  return rule.where.test(path) ? [] : [`package "${name}" is imported in ${rule.place} only`];
}

/** The console page runs in a browser: from the program it knows types and named pure functions, and the program does not know it. */
function pageViolations({ path }: SourceFile, target: string, { isTypeOnly }: Import): string[] {
  if (path.startsWith(page) && target.startsWith(page)) return [];
  if (!path.startsWith(page)) return [`imports ${target}, which runs in a browser`];
  if (forPageToo.includes(target)) return [];
  if (!target.startsWith('src/admin/')) return [`the page imports ${target}; only types of src/admin are allowed`];
  return isTypeOnly ? [] : [`the page imports values from ${target}; only types are allowed`];
}

function edgeViolations(path: string, target: string, one: Import): string[] {
  const from = folderOf(path);
  const to = folderOf(target);
  if (from === to) return [];
  if (to === configFolder)
    return configImporters.includes(from)
      ? []
      : [`imports ${target}; config/ is for app and cli, take options instead`];
  if (from === configFolder)
    return one.isTypeOnly || isForConfig(target)
      ? []
      : [`imports ${target}; config/ takes types, schemas and named checks of modules and nothing else of them`];
  if (layerOf(to) === layerOf(from)) return [`imports ${target}; "${from}" and "${to}" stand side by side`];
  return layerOf(to) < layerOf(from) ? [] : [`imports ${target}; "${to}" stands above "${from}"`];
}

const isSchema = (path: string): boolean => /\/([a-z-]+-)?schema\.ts$/.test(path);

const isForConfig = (target: string): boolean =>
  folderOf(target) === 'kernel' || isSchema(target) || settingChecks.includes(target);

/** The folder below src/; `bin` for the file that starts the program. */
const folderOf = (path: string): string => path.split('/')[1]?.replace(/\.ts$/, '') ?? '';

const layerOf = (folder: string): number => layers.findIndex((names) => names.includes(folder));

/** Statements stand at the start of a line, as the formatter leaves them; calls may stand anywhere. */
const statement = /^(?:import|export)\b([^'";]*?\bfrom\s+)?\s*['"]([^'"]+)['"]/gm;
const call = /\b(?:import|require|createRequire\([^)]*\))\(\s*['"]([^'"]+)['"]\s*\)/g;

function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const statements = Array.from(code.matchAll(statement), ([whole, , specifier = '']) => ({
    specifier,
    isTypeOnly: /^(?:import|export)\s+type\b/.test(whole),
  }));
  const calls = Array.from(code.matchAll(call), ([, specifier = '']) => ({ specifier, isTypeOnly: false }));
  return [...statements, ...calls];
}

/** Drops block comments and comments that have a line of their own; that is where prose mentions code. */
const withoutComments = (text: string): string =>
  text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '');
