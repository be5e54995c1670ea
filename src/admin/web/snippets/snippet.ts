/** A text to copy into a terminal or an editor. */
export interface Snippet {
  readonly id: string;
  readonly title: string;
  readonly note?: string;
  readonly text: string;
}

/** The snippets of one program. */
export interface SnippetGroup {
  readonly id: string;
  readonly title: string;
  /** Where the program comes from. */
  readonly install: string;
  readonly snippets: readonly Snippet[];
}

/** A command over several lines: the first word, then one option with its values on each line. */
export const shellCommand = (lines: readonly string[]): string => lines.join(' \\\n  ');

/** A string literal of JavaScript and of Python. */
export const literal = (text: string): string => {
  const quoted = JSON.stringify(text);
  return /['"\\]/.test(text) ? quoted : `'${text}'`;
};
