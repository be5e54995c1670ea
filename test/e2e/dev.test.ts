import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forPageToo } from '../support/architecture.ts';
import { repository } from '../support/program.ts';
import { runProgram } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const copied = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts',
  'src/admin/web',
  ...forPageToo,
];

/** As much of a broker as the loop sees: it is ready, and stops at SIGTERM. */
const brokerThatSays = (text: string): string =>
  [
    'const running = setInterval(() => undefined, 1_000);',
    "process.on('SIGTERM', () => { console.log('stopping'); clearInterval(running); });",
    `console.log('${text}', process.argv.slice(2).join(' '));`,
    '',
  ].join('\n');

test('npm run dev builds and starts the broker again at a change, and leaves it running at one that does not compile', async () => {
  await using clone = await temporaryDirectory();
  const at = (...path: string[]): string => join(clone.path, ...path);
  await mkdir(at('src'));
  for (const name of copied) await cp(join(repository, name), at(name), { recursive: true });
  await symlink(join(repository, 'node_modules'), at('node_modules'));
  const save = (text: string): Promise<void> => writeFile(at('src', 'bin.ts'), text);
  await save(brokerThatSays('first'));

  await using program = runProgram(process.execPath, [at('scripts', 'dev.mjs'), '--config', 'viaduct.yaml']);
  await program.stdout.waitFor(/^first serve --config viaduct\.yaml$/);
  await save(`const count: number = 'many';\n${brokerThatSays('broken')}`);
  await program.stdout.waitFor(/TS2322/);
  await save(brokerThatSays('second'));
  await program.stdout.waitFor(/^second/);
  expect(program.stdout.text()).toMatch(/^first[^]*TS2322[^]*stopping\n[^]*second/m);
  program.process.kill('SIGTERM');
  expect(await program.exited).toBe(0);
  expect(program.stdout.text().match(/^(first|broken|second|stopping)/gm)).toEqual([
    'first',
    'stopping',
    'second',
    'stopping',
  ]);
});
