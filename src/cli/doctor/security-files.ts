import { join } from 'node:path';
import { pemFilesOf } from '../../config/files.ts';
import { formatPath } from '../../config/path.ts';
import type { Config } from '../../config/schema.ts';
import { secretReferencesOf } from '../../config/secrets.ts';
import { fileNames, isPrivate } from '../../pki/files.ts';

/** A file or folder that security hangs on. */
export interface JudgedFile {
  readonly path: string;
  /** `public`: others may read it, and must not change it. */
  readonly holds: 'secrets' | 'public';
}

/** References that lead to what everybody may know. */
const isPublic = (path: string): boolean => /^access\.(jwt\.(publicKeys|keySet\.ca)|http\.authenticate\.ca)/.test(path);

/** All that a configuration names and that others must not read, or must not change; each once. @param file of the configuration */
export function judgedFiles(config: Config, file: string | undefined): JudgedFile[] {
  const { access, certificates, store, audit, listeners } = config;
  const secret = (path: string | undefined): JudgedFile[] => (path === undefined ? [] : [{ path, holds: 'secrets' }]);
  const open = (path: string | undefined): JudgedFile[] => (path === undefined ? [] : [{ path, holds: 'public' }]);
  const { passphrase } = certificates;
  const all = [
    ...open(file),
    ...secretReferencesOf(config).flatMap(({ path, to }) => {
      if (!('file' in to)) return [];
      return isPublic(formatPath(path)) ? open(to.file) : secret(to.file);
    }),
    ...secret(passphrase !== undefined && 'file' in passphrase ? passphrase.file : undefined),
    ...pemFilesOf(config).flatMap((one) => (one.holds === 'key' ? secret(one.file) : open(one.file))),
    ...open(certificates.directory),
    ...fileNames.map((name): JudgedFile => {
      const path = join(certificates.directory, name);
      return { path, holds: isPrivate(name) ? 'secrets' : 'public' };
    }),
    ...secret(access.passwords?.file),
    ...open(access.bans.file),
    ...secret(store.type === 'disk' ? store.directory : undefined),
    ...secret(audit.file),
    ...listeners.flatMap(({ keyLog }) => secret(keyLog)),
  ];
  return [...new Map(all.map((one) => [one.path, one])).values()];
}
