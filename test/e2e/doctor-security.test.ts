import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository, viaduct } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('the example of docs/security.md, run as it stands there, prints what stands there', async () => {
  const page = await readFile(join(repository, 'docs/security.md'), 'utf8');
  const [, section = ''] = page.split('\n## Judge your configuration\n');
  const [, yaml = ''] = /^```yaml\n(.*?)^```$/ms.exec(section) ?? [];
  const [, command = '', printed] = /^```console\n\$ viaduct ([^\n]*)\n(.*?)^```$/ms.exec(section) ?? [];
  await using folder = await temporaryDirectory();
  await writeFile(join(folder.path, 'broker.yaml'), yaml);
  const { code, stdout, stderr } = await viaduct(command.split(' '), { cwd: folder.path });
  expect({ code, stdout, stderr: stderr.trim() }).toEqual({ code: 1, stdout: printed, stderr: '' });
});

test('without a file the defaults are judged: nothing is worse than a note, and the exit code is 0', async () => {
  await using folder = await temporaryDirectory();
  const { code, stdout } = await viaduct(['doctor', 'security'], { cwd: folder.path });
  expect(stdout).toMatch(/^no file, defaults {2}\d+ i\n/);
  expect(stdout).toMatch(/\n0 grave, 0 warnings, \d+ notes; -v shows all that was looked at\n$/);
  expect(code).toBe(0);
});
