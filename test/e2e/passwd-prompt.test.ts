import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bin } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Runs `viaduct passwd` at a terminal of its own, and types each answer when its question is there. */
function atTerminal(cwd: string, args: readonly string[], answers: readonly (readonly [string, string])[]) {
  const command = [process.execPath, bin, 'passwd', ...args].map((part) => `'${part}'`).join(' ');
  const terminal = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { cwd });
  const waiting = [...answers];
  let shown = '';
  terminal.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const [question = '', answer = ''] = waiting[0] ?? [];
    if (waiting.length === 0 || !shown.endsWith(question)) return;
    waiting.shift();
    terminal.stdin.write(answer);
  });
  return new Promise<{ readonly shown: string; readonly code: number | null }>((resolve) => {
    terminal.on('close', (code) => resolve({ shown, code }));
  });
}

test('at a terminal the password is asked for twice and never shown; Backspace corrects it', async () => {
  await using directory = await temporaryDirectory();
  const added = await atTerminal(
    directory.path,
    ['add', 'passwd', 'bob'],
    [
      ['Password: ', 'secrex\u007ft\r'],
      ['Once more: ', 'secret\r'],
    ],
  );
  expect(added.shown.replaceAll('\r', '')).toBe('Password: \nOnce more: \nbob is added to passwd\n');
  expect(added.code).toBe(0);
  expect(await readFile(join(directory.path, 'passwd'), 'utf8')).toMatch(/^bob:\$argon2id\$/);
  const verified = await atTerminal(directory.path, ['verify', 'passwd', 'bob'], [['Password: ', 'secret\r']]);
  expect(verified).toMatchObject({ shown: expect.stringContaining('it is the password of bob'), code: 0 });
});

test('two passwords that differ, and Ctrl-C, change nothing', async () => {
  await using directory = await temporaryDirectory();
  const different = await atTerminal(
    directory.path,
    ['add', 'passwd', 'bob'],
    [
      ['Password: ', 'one\r'],
      ['Once more: ', 'two\r'],
    ],
  );
  expect(different).toMatchObject({ shown: expect.stringContaining('the two passwords differ'), code: 2 });
  const given = await atTerminal(directory.path, ['add', 'passwd', 'bob'], [['Password: ', 'one\u0003']]);
  expect(given).toMatchObject({ shown: expect.stringContaining('given up'), code: 2 });
  await expect(readFile(join(directory.path, 'passwd'))).rejects.toThrow('ENOENT');
});
