import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src/admin/web');

/**
 * Builds the console page: index.html, and files under assets/ whose names carry a hash of their content.
 * @param {{ outDir?: string, minify?: boolean }} [options] outDir is emptied first; default dist/web.
 * @returns {Promise<string[]>} the URL paths of the assets
 */
export async function buildWeb({ outDir = join(root, 'dist/web'), minify = true } = {}) {
  await rm(outDir, { recursive: true, force: true });
  const result = await build({
    entryPoints: { main: join(source, 'main.ts'), style: join(source, 'style.css') },
    outdir: join(outDir, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022'],
    minify,
    sourcemap: false,
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: root,
    tsconfig: join(source, 'tsconfig.json'),
  });
  const paths = Object.keys(result.metafile.outputs).map(
    (file) => `/${relative(outDir, join(root, file)).split(sep).join('/')}`,
  );
  const icon = await writeIcon(outDir);
  const asset = (pattern) => paths.find((path) => pattern.test(path)) ?? '';
  const values = { script: asset(/\/main-.*\.js$/), style: asset(/\/style-.*\.css$/), icon };
  const page = await readFile(join(source, 'index.html'), 'utf8');
  await writeFile(
    join(outDir, 'index.html'),
    page.replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]),
  );
  return [...paths, icon];
}

async function writeIcon(outDir) {
  const icon = await readFile(join(source, 'favicon.svg'));
  const hash = createHash('sha256').update(icon).digest('hex').slice(0, 8).toUpperCase();
  await mkdir(join(outDir, 'assets'), { recursive: true });
  await writeFile(join(outDir, `assets/favicon-${hash}.svg`), icon);
  return `/assets/favicon-${hash}.svg`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const paths = await buildWeb();
  console.log(`The console page is built: ${paths.length + 1} files in dist/web`);
}
