import { expect, test } from 'vitest';
import { fakeIo } from '../../test/support/fake-io.ts';
import { runCli } from './run.ts';

async function run(...args: string[]) {
  const io = fakeIo();
  await runCli(['topic', ...args], io);
  return { out: io.out(), err: io.err(), code: io.exitCode() };
}

const telemetry = [
  'bridge.rules[1].name=telemetry',
  'bridge.rules[1].topic=plants/{site}/up/{rest...}',
  'bridge.rules[1].subject=plants.{site}.{rest...}',
  'bridge.rules[1].direction=to-nats',
].flatMap((flag) => ['--set', flag]);

test('a topic shows its subject and each rule with its verdict', async () => {
  const { out, code } = await run('signal/a b', ...telemetry);
  expect(code).toBe(0);
  expect(out).toBe(
    [
      'topic    signal/a b',
      'subject  signal.a/x20b',
      'rule     signal: signal/# <-> signal.> (both)',
      '         goes to NATS as subject "signal.a/x20b"',
      'rule     telemetry: plants/{site}/up/{rest...} -> plants.{site}.{rest...} (to-nats)',
      '         topic pattern "plants/{site}/up/{rest...}" does not match',
      '',
    ].join('\n'),
  );
});

test('a subject shows its topic and the rules that do not go its way', async () => {
  const { out } = await run('--subject', 'plants.s1.t', ...telemetry);
  expect(out).toContain('subject  plants.s1.t\ntopic    plants/s1/t\n');
  expect(out).toContain('(to-nats)\n         sends messages to NATS only\n');
});

test.each([
  [['foo'], 'no rule takes this topic: it does not cross; add one to bridge.rules to let it'],
  [['--subject', 'plants.s1.t', ...telemetry], 'no rule takes this subject: it does not cross'],
  [['foo', '--set', 'bridge.rules=[]'], 'no bridge rules: nothing crosses'],
])('what no rule takes is said at the end: %j', async (args, sentence) => {
  const { out } = await run(...args);
  expect(out.trimEnd().split('\n').at(-1)).toContain(sentence);
});

test('a topic that a rule takes has no such line', async () => {
  expect((await run('signal/a')).out).not.toContain('does not cross');
});

test('a topic that cannot cross says why', async () => {
  const { out, code } = await run('a/+');
  expect(code).toBe(0);
  expect(out).toMatch(/^topic {4}a\/\+\nsubject {2}none: .*wildcards/);
});

test('--json prints the same as data', async () => {
  const { out } = await run('signal/a', '--json');
  expect(JSON.parse(out)).toMatchObject({
    from: 'topic',
    input: 'signal/a',
    codec: { kind: 'mapped', value: 'signal.a' },
    rules: [{ rule: 'signal', direction: 'both', result: { kind: 'mapped', value: 'signal.a' } }],
  });
});
