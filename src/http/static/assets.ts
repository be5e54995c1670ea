import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type Asset, isAsset, toAsset } from './asset.ts';

/** Files by URL path, such as `/assets/main-AB12CD34.js`. */
export type Assets = ReadonlyMap<string, Asset>;

/** Reads the built page. Files of other types are not served. @throws when the directory cannot be read. */
export async function readAssets(directory: string): Promise<Assets> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && isAsset(entry.name));
  const named = files.map(async (entry) => {
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(directory, file).split(sep).join('/')}`;
    return [path, await toAsset(path, await readFile(file))] as const;
  });
  return new Map(await Promise.all(named));
}
