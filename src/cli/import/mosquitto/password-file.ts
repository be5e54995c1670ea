import { leftOut, type Note, noteOf } from '../note.ts';

export interface ImportedPasswords {
  readonly lines: readonly string[];
  readonly notes: readonly Note[];
}

/** The lines of a `password_file`: their hashes are read as they are, and written anew at the next login. */
export function importPasswords(file: string, text: string): ImportedPasswords {
  const lines: string[] = [];
  const notes: Note[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [user = '', hash = ''] = line.trim().split(':');
    const isHashed = /^\$[67]\$/.test(hash);
    if (isHashed && user !== '') lines.push(`${user}:${hash}`);
    const problem = leftOut(
      'it has no hash of mosquitto_passwd; hash it (mosquitto_passwd -U FILE), or: viaduct passwd add',
    );
    notes.push(noteOf({ file, line: index + 1 }, `${user}:...`, isHashed && user !== '' ? undefined : problem));
  }
  return { lines, notes };
}
