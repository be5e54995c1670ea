import { basename, dirname, resolve } from 'node:path';
import type { Clock } from './clock.ts';
import { type FolderWatch, folderWatch } from './folder-watch.ts';

/** Tells when one file has changed. Editors put another in its place, and Kubernetes another folder behind the link `..data`. */
export const fileWatch = (file: string, onChange: () => void, clock: Clock): FolderWatch => {
  const path = resolve(file);
  return folderWatch({
    directories: [dirname(path)],
    isRelevant: (name) => name === basename(path) || name === '..data',
    onChange,
    clock,
  });
};
