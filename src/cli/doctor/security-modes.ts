import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reasonOf, systemCode } from '../../kernel/errors.ts';
import type { JudgedFile } from './security-files.ts';
import type { SecurityRow } from './security-row.ts';

/** Who, beside the user whose file it is, can do something with it. */
type Others = 'nobody' | 'group' | 'everybody';

const groupBits = { read: 0o040, write: 0o020, search: 0o010 } as const;
const allBits = { read: 0o004, write: 0o002, search: 0o001 } as const;
const stickyBit = 0o1000;

/** Judges who may read and write a file or folder. @param file with an absolute path @returns undefined where there is none, or where modes mean nothing. */
export async function modeRow({ path, holds }: JudgedFile): Promise<SecurityRow | undefined> {
  if (process.platform === 'win32') return undefined;
  try {
    const { mode } = await stat(path);
    const outcome = `mode ${(mode & 0o777).toString(8).padStart(4, '0')}`;
    return { check: path, outcome, place: null, ...judge(holds, await othersOf(path, mode)) };
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return undefined;
    const reason = `who may read it cannot be told: ${reasonOf(cause)}`;
    return {
      check: path,
      verdict: 'warning',
      outcome: 'unknown',
      reason,
      advice: 'run this as the user of the broker',
      place: null,
    };
  }
}

type Verdict = Pick<SecurityRow, 'verdict' | 'reason' | 'advice'>;

function judge(holds: JudgedFile['holds'], { readers, writers }: { readers: Others; writers: Others }): Verdict {
  if (writers === 'everybody')
    return {
      verdict: 'no',
      reason: 'everybody on this machine can put another in its place',
      advice: 'chmod o-w, its folder too',
    };
  if (holds !== 'public' && readers === 'everybody')
    return {
      verdict: 'no',
      reason: 'it holds secrets, and everybody on this machine can read it',
      advice: 'chmod o=, and make new secrets',
    };
  if (writers === 'group')
    return {
      verdict: 'warning',
      reason: 'everybody in its group can put another in its place',
      advice: 'chmod g-w, its folder too',
    };
  if (holds !== 'public' && readers === 'group')
    return {
      verdict: 'note',
      reason: 'it holds secrets, and everybody in its group can read it',
      advice: 'chmod g=, or have nobody but the broker in the group',
    };
  return {
    verdict: 'ok',
    reason: holds === 'public' ? 'nobody else can change it' : 'nobody else can read or change it',
    advice: null,
  };
}

/** A file is reached through its folders: what they close is closed, and who may write the nearest can put in another. */
async function othersOf(path: string, mode: number): Promise<{ readers: Others; writers: Others }> {
  const parent = await modeOf(dirname(path));
  let reach: Others = 'everybody';
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    reach = least(reach, whoHas(await modeOf(folder), 'search'));
    if (dirname(folder) === folder) break;
  }
  const isReplaceable = (parent & stickyBit) === 0;
  return {
    readers: least(reach, whoHas(mode, 'read')),
    writers: least(reach, most(whoHas(mode, 'write'), isReplaceable ? whoHas(parent, 'write') : 'nobody')),
  };
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode;

const whoHas = (mode: number, what: keyof typeof allBits): Others => {
  if ((mode & allBits[what]) !== 0) return 'everybody';
  return (mode & groupBits[what]) === 0 ? 'nobody' : 'group';
};

const order: readonly Others[] = ['nobody', 'group', 'everybody'];
const least = (a: Others, b: Others): Others => (order.indexOf(a) < order.indexOf(b) ? a : b);
const most = (a: Others, b: Others): Others => (order.indexOf(a) < order.indexOf(b) ? b : a);
