import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { defineEvent, type EventKind, type HearEvent, type LogFields } from '../kernel/telemetry-ports.ts';
import { createAudit } from './audit.ts';

const refused = defineEvent<{ clientId: string }>({
  counter: 'refused_total',
  help: '',
  labels: [],
  level: 'warn',
  isSecurity: true,
  message: ({ clientId }) => `client "${clientId}" refused`,
});
const dropped = defineEvent<{ clientId: string }>({
  counter: 'dropped_total',
  help: '',
  labels: [],
  level: 'warn',
  message: () => 'dropped',
});

async function auditing(size = 1_000_000) {
  const directory = await temporaryDirectory();
  const file = join(directory.path, 'audit.log');
  const clock = fakeClock();
  const hearers = new Set<HearEvent>();
  const told: string[] = [];
  const audit = createAudit(
    { file, size },
    {
      clock,
      source: {
        hear(hear) {
          hearers.add(hear);
          return () => void hearers.delete(hear);
        },
      },
      events: { emit: (kind) => void told.push(kind.counter) },
    },
  );
  await audit.start(new AbortController().signal);
  return {
    audit,
    file,
    told,
    clock,
    directory: directory.path,
    emit<F extends LogFields>(kind: EventKind<F>, fields: F) {
      for (const hear of hearers) hear(kind, fields);
    },
    lines: (path = file) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line)),
    async [Symbol.asyncDispose]() {
      await audit.stop(new AbortController().signal);
      await directory[Symbol.asyncDispose]();
    },
  };
}

test('security events are lines of JSON with a stable name, the others are not there, and nobody else may read them', async () => {
  await using world = await auditing();
  world.emit(dropped, { clientId: 'a' });
  world.emit(refused, { clientId: 'a\nb' });
  expect(world.lines()).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^20.*Z$/) as string,
      event: 'refused',
      clientId: expect.not.stringContaining('\n') as string,
      msg: expect.stringMatching(/^client .* refused$/) as string,
    },
  ]);
  expect(statSync(world.file).mode & 0o777).toBe(0o600);
});

test('a file that was there is kept, and closed to others', async () => {
  await using world = await auditing();
  const other = join(world.directory, 'other.log');
  writeFileSync(other, '{"first":true}\n', { mode: 0o644 });
  await world.audit.prepare({ file: other, size: 1_000 }).commit(new AbortController().signal);
  world.emit(refused, { clientId: 'a' });
  expect(world.lines(other)).toEqual([{ first: true }, expect.objectContaining({ clientId: 'a' })]);
  expect(world.lines()).toEqual([]);
  expect(statSync(other).mode & 0o777).toBe(0o600);
});

test('what is full is put aside once, so that two files bound what a flood of refusals takes', async () => {
  await using world = await auditing(4_096);
  for (let count = 0; count < 200; count += 1) world.emit(refused, { clientId: `client-${count}` });
  const sizes = [world.file, `${world.file}.1`].map((path) => statSync(path).size);
  for (const size of sizes) expect(size).toBeLessThanOrEqual(4_096);
  expect(world.lines().at(-1)).toMatchObject({ clientId: 'client-199' });
});

test('a file that was moved away is begun anew within a second', async () => {
  await using world = await auditing();
  renameSync(world.file, `${world.file}.old`);
  world.emit(refused, { clientId: 'at-once' });
  expect(world.lines(`${world.file}.old`)).toHaveLength(1);
  world.clock.advance(1_000);
  world.emit(refused, { clientId: 'later' });
  expect(world.lines()).toEqual([expect.objectContaining({ clientId: 'later' })]);
});

test('a file that cannot be written is told once, and once when it can be again; nothing else suffers', async () => {
  await using world = await auditing();
  rmSync(world.file);
  mkdirSync(world.file);
  world.clock.advance(1_000);
  for (const clientId of ['a', 'b']) {
    world.emit(refused, { clientId });
    world.clock.advance(1_000);
  }
  expect(world.told).toEqual(['audit_unwritten_total']);
  rmSync(world.file, { recursive: true });
  world.emit(refused, { clientId: 'c' });
  expect(world.told).toEqual(['audit_unwritten_total', 'audit_recovered_total']);
  expect(world.lines()).toEqual([expect.objectContaining({ clientId: 'c' })]);
});

test('a file that cannot be opened keeps the old one, with a sentence that names it', async () => {
  await using world = await auditing();
  expect(() => world.audit.prepare({ file: join(world.file, 'x.log'), size: 1_000 })).toThrow(
    /audit\.file: .*x\.log cannot be written: ENOTDIR.*; name a file in a folder/,
  );
  world.emit(refused, { clientId: 'a' });
  expect(world.lines()).toHaveLength(1);
});

test('without a file nothing is heard', async () => {
  await using world = await auditing();
  await world.audit.prepare({ size: 1_000 }).commit(new AbortController().signal);
  world.emit(refused, { clientId: 'a' });
  expect(world.lines()).toEqual([]);
});
