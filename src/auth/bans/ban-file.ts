import { AppError, ConfigError, reasonOf } from '../../kernel/errors.ts';
import { changeText, textOrNothing } from '../../kernel/text-file.ts';
import { type Ban, banFile, readBans } from './schema.ts';

/** @returns those that are in the file; none where it is not there @throws ConfigError `config-invalid` */
export async function readBanFile(file: string): Promise<readonly Ban[]> {
  try {
    return bansIn(file, await textOrNothing(banFile(file)));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new ConfigError('config-invalid', `${file} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** Changes the file while no other process of this program does; it is replaced at once, with mode 0600. */
export async function changeBanFile(file: string, change: (bans: readonly Ban[]) => readonly Ban[]): Promise<void> {
  try {
    await changeText(banFile(file), (text) => textOf(change(bansIn(file, text))));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new ConfigError('config-unreadable', `${file} cannot be written: ${reasonOf(cause)}`, { cause });
  }
}

/** A line for each. */
const textOf = (bans: readonly Ban[]): string =>
  bans.length === 0 ? '[]\n' : `[\n${bans.map((ban) => `  ${JSON.stringify(ban)}`).join(',\n')}\n]\n`;

function bansIn(file: string, text: string): readonly Ban[] {
  const found = readBans(text);
  if (typeof found !== 'string') return found;
  throw new ConfigError('config-invalid', `${file} ${found}`);
}
