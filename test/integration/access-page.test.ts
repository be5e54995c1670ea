import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { runCli } from '../../src/cli/run.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { fakeIo } from '../support/fake-io.ts';
import { repository } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const run = promisify(execFile);

/** One section of the page with its commands before the configuration, that, and the commands behind it. */
interface Example {
  readonly title: string;
  readonly before: readonly string[];
  readonly config: string;
  readonly after: readonly string[];
}

const linesOf = (block: string | undefined): string[] => (block ?? '').trim().split('\n');

const examples: Example[] = readFileSync(join(repository, 'docs/access.md'), 'utf8')
  .split(/^## /m)
  .flatMap((section) => {
    const blocks = Array.from(section.matchAll(/```(sh|yaml)\n([\s\S]*?)```/g), ([, , text = '']) => text);
    const [before, config, after] = blocks;
    if (config === undefined || !/passwords:/.test(config)) return [];
    return [{ title: section.split('\n', 1)[0] ?? '', before: linesOf(before), config, after: linesOf(after) }];
  });

/** `viaduct passwd` runs in this process; the rest is what is installed. */
async function prepare(line: string, cwd: string): Promise<void> {
  const own = /^echo (\S+) \| viaduct (.*)$/.exec(line);
  if (own === null) {
    const [program = '', ...args] = line.split(' ');
    await run(program, args, { cwd });
    return;
  }
  const io = fakeIo({ cwd, input: `${own[1]}\n` });
  await runCli((own[2] ?? '').split(' '), io);
  expect(io.err()).toBe('');
}

interface Port {
  readonly name: string;
  readonly port: string;
}

/** The configuration on free ports, with its file where it was made. */
function localOf(text: string, cwd: string): { readonly sections: Record<string, object>; readonly ports: Port[] } {
  const ports: Port[] = [];
  const onFree = text.replace(/name: ([\w-]+),\s+bind: "127\.0\.0\.1:(\d+)"/g, (_whole, name: string, port: string) => {
    ports.push({ name, port });
    return `name: ${name}, bind: "127.0.0.1:0"`;
  });
  return { sections: parse(onFree.replace('file: passwd', `file: ${join(cwd, 'passwd')}`)), ports };
}

/** Runs `mosquitto_pub`. @returns what the comment behind the command says of it */
async function outcomeOf(command: string, broker: TestBroker, ports: readonly Port[]): Promise<string> {
  const [program = '', ...args] = command
    .replaceAll('certs/', `${broker.certificates}/`)
    .replace(/-p (\d+)/, (_whole, port: string) => {
      const name = ports.find((one) => one.port === port)?.name ?? '';
      return `-h 127.0.0.1 -p ${broker.port(name)}`;
    })
    .split(' ');
  return run(program, args).then(
    () => 'taken',
    ({ stderr }: { readonly stderr: string }) => (/refused|not authori[sz]ed/i.test(stderr) ? 'refused' : stderr),
  );
}

test('the page has six examples', () => {
  expect(examples).toHaveLength(6);
});

test.each(examples)('docs/access.md, $title: every command does what stands behind it', async (example) => {
  await using directory = await temporaryDirectory();
  for (const line of example.before) await prepare(line, directory.path);
  const { sections, ports } = localOf(example.config, directory.path);
  await using broker = await startBroker(sections);
  for (const line of example.after) {
    const [command = '', said] = line.split(' # ');
    expect([command, await outcomeOf(command, broker, ports)]).toEqual([command, said]);
  }
});
