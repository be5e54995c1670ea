/** One instruction of a Dockerfile. */
export interface Instruction {
  /** Upper-case, e.g. `COPY`. */
  readonly name: string;
  /** Name of the stage it stands in; its number where it has none; empty before the first. */
  readonly stage: string;
  readonly text: string;
  /** The words of the text, or of the list where it is written as one. Options (`--from=build`) are left out. */
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

/** Reads the parts of the Dockerfile language that ours uses: comments, continued lines, lists, options. */
export function parseDockerfile(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let stage = '';
  let stages = 0;
  const lines = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, ' ');
  for (const line of lines.split('\n').filter((candidate) => candidate.trim() !== '')) {
    const [, keyword = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
    const name = keyword.toUpperCase();
    if (name === 'FROM') stage = /\sAS\s+(\S+)$/i.exec(rest)?.[1] ?? String(stages++);
    const leading = /^(?:--[a-z-]+=\S+\s+)*/.exec(rest)?.[0] ?? ''; // what stands later belongs to the command
    const options = new Map(
      Array.from(leading.matchAll(/--([a-z-]+)=(\S+)/g), ([, key = '', value = '']) => [key, value]),
    );
    const body = rest.slice(leading.length);
    instructions.push({ name, stage, text: body, words: wordsOf(body), options });
  }
  return instructions;
}

function wordsOf(text: string): string[] {
  const list = /\[.*\]$/.exec(text)?.[0];
  if (list === undefined) return text.split(/\s+/);
  const words: unknown = JSON.parse(list);
  return Array.isArray(words) ? words.map(String) : [];
}
