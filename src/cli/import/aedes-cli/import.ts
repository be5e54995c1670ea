import type { Imported, ReadText } from '../imported.ts';
import { readAedesSettings } from './settings.ts';
import { importCredentials } from './users.ts';

/** Files of aedes-cli. */
export interface AedesFiles {
  /** Of `aedes --config`, as JSON; left out: its defaults. */
  readonly settings: string | undefined;
  /** Of `aedes --credentials`; left out: everybody may do everything. */
  readonly credentials: string | undefined;
}

/** Settings, users and what they may do. @param path resolves what the settings name */
export async function importAedesCli(
  { settings, credentials }: AedesFiles,
  read: ReadText,
  path: (name: string) => string,
): Promise<Imported> {
  const text = settings === undefined ? undefined : await read(settings);
  const { listeners, limits, notes } = readAedesSettings(settings ?? '', text, path);
  const users = credentials === undefined ? undefined : importCredentials(credentials, await read(credentials));
  const access =
    users === undefined
      ? { anonymous: listeners.map(({ name }) => name) }
      : {
          anonymous: 'never',
          passwords: { file: 'passwd' },
          ...(users.rules.length > 0 ? { rules: users.rules } : {}),
        };
  return {
    config: { listeners, access, ...(Object.keys(limits).length > 0 ? { limits } : {}) },
    passwords: users?.lines ?? [],
    notes: [...notes, ...(users?.notes ?? [])],
  };
}
