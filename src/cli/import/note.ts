/** Where something stands in the files that are imported. */
export interface Place {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
}

/** What became of one line. */
export interface Note extends Place {
  /** As it stands there, shortened; of a line with a secret its beginning only. */
  readonly text: string;
  /** `differs`: there is something like it, and the sentence says where it is not the same. */
  readonly outcome: 'taken' | 'differs' | 'left-out';
  /** Empty where it is taken as it is. */
  readonly says: string;
}

/** What became of a setting; undefined: it is taken as it is. */
export type NoteOutcome = Pick<Note, 'says'> & { readonly outcome: Exclude<Note['outcome'], 'taken'> };

export const differs = (says: string): NoteOutcome => ({ outcome: 'differs', says });
export const leftOut = (says: string): NoteOutcome => ({ outcome: 'left-out', says });

const maxText = 100;

export const noteOf = (place: Place, text: string, outcome: NoteOutcome | undefined): Note => ({
  file: place.file,
  line: place.line,
  text: text.length > maxText ? `${text.slice(0, maxText)}...` : text,
  ...(outcome ?? { outcome: 'taken', says: '' }),
});

const marks = { taken: 'taken', differs: 'DIFFERS', 'left-out': 'LEFT OUT' } as const;

/** The notes as text, in the order of the files; what is taken as it is only where all is asked for. */
export function notesText(notes: readonly Note[], isWhole: boolean): string {
  const shown = notes.filter(({ outcome }) => isWhole || outcome !== 'taken');
  const lines = shown.map(
    ({ file, line, text, outcome, says }) =>
      `${file}:${line}: ${marks[outcome]}: ${text}${says === '' ? '' : `\n    ${says}`}`,
  );
  const count = (outcome: Note['outcome']): number => notes.filter((one) => one.outcome === outcome).length;
  const total = `${notes.length} lines: ${count('taken')} taken, ${count('differs')} differ, ${count('left-out')} left out`;
  return [...lines, total].join('\n');
}
