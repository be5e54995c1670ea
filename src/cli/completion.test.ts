import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { fakeIo } from '../../test/support/fake-io.ts';
import { runCli } from './run.ts';

async function script(shell: string): Promise<string> {
  const io = fakeIo();
  await runCli(['completion', shell], io);
  return io.out();
}

/** What stands in for a shell's own part: the words up to the cursor are given, and what is found is printed. */
const ask = {
  bash: (source: string, words: readonly string[]) => `${source}
COMP_WORDS=(${words.map((word) => `"${word}"`).join(' ')}); COMP_CWORD=${words.length - 1}; _viaduct; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (
    source: string,
    words: readonly string[],
  ) => `compdef() { :; }; _files() { :; }; compadd() { shift; print -l -- "$@"; }
${source}
words=(${words.map((word) => `"${word}"`).join(' ')}); CURRENT=${words.length}; _viaduct`,
};

describe.each(['bash', 'zsh'] as const)('in %s', (shell) => {
  const complete = async (...words: string[]): Promise<string[]> => {
    const text = ask[shell](await script(shell), ['viaduct', ...words]);
    const found = execFileSync(shell, ['-c', text], { encoding: 'utf8' }).split('\n');
    const typed = words.at(-1) ?? '';
    return found.filter((word) => word !== '' && word.startsWith(typed)); // zsh itself leaves out what does not fit
  };

  test('commands are completed, and the commands of a command', async () => {
    expect(await complete('ver')).toEqual(['version']);
    expect(await complete('config', '')).toEqual(expect.arrayContaining(['check', 'explain', '--help']));
    expect(await complete('pki', 'issue', 'c')).toEqual(['client']);
  });

  test('options are completed behind options and values', async () => {
    expect(await complete('pub', '-t', 'a/b', '--re')).toEqual(['--retain', '--response-topic']);
  });

  test('an option with choices offers these alone, and so does an argument', async () => {
    expect(await complete('pub', '-q', '')).toEqual(['0', '1', '2']);
    expect(await complete('sub', '--mqtt-version', '')).toEqual(['3.1.1', '5']);
    expect(await complete('completion', 'b')).toEqual(['bash']);
  });

  test('what is no command offers what stood before it', async () => {
    expect(await complete('nothing', 'comp')).toEqual(['completion']);
  });
});
