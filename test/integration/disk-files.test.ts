import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { bridgeSchema } from '../../src/bridge/schema.ts';
import { StoreError } from '../../src/kernel/errors.ts';
import { createDiskStore } from '../../src/storage/disk/disk-store.ts';
import { importStore } from '../../src/storage/disk/offline/import.ts';
import { createDiskOutbox } from '../../src/storage/outbox/disk-outbox.ts';
import { storeSchema } from '../../src/storage/schema.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { recordedTelemetry } from '../support/recorded-telemetry.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const signal = new AbortController().signal; // the time limit of each test ends what hangs
const umask = process.umask();
afterEach(() => {
  process.umask(umask);
  vi.restoreAllMocks();
});

/** Every file and folder with its mode, the folder itself as `.`. */
async function modes(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of ['.', ...(await readdir(directory, { recursive: true }))])
    found[name] = ((await stat(join(directory, name))).mode & 0o777).toString(8);
  return found;
}

const disk = (directory: string, telemetry = recordedTelemetry()) => {
  const limits = storeSchema.parse({});
  const store = createDiskStore({ directory, durability: 'commit', limits }, { events: telemetry.events });
  return { store, telemetry };
};

test.each([0o000, 0o022, 0o277])(
  'with umask %i the store and the outbox are readable by their owner alone',
  async (mask) => {
    await using folder = await temporaryDirectory();
    process.umask(mask);
    const directory = join(folder.path, 'new', 'data');
    const { store, telemetry } = disk(directory);
    await store.start(AbortSignal.timeout(10_000));
    await store.putSession({ clientId: 'a', principal: 'p', expirySeconds: 60 });
    const outbox = createDiskOutbox(
      {
        directory: join(directory, 'outbox'),
        durability: 'commit',
        limits: bridgeSchema.parse({}).outbox,
      },
      { clock: fakeClock(), events: telemetry.events, onDropped: () => undefined },
    );
    await outbox.open([]);
    const files = { 'data.mdb': '600', 'lock.mdb': '600', 'viaduct.lock': '600' };
    expect(await modes(directory)).toEqual({
      '.': '700',
      ...files,
      outbox: '700',
      ...Object.fromEntries(Object.entries(files).map(([name, mode]) => [join('outbox', name), mode])),
    });
    expect((await stat(join(folder.path, 'new'))).mode & 0o077).toBe(0);
    expect(telemetry.lines('warn')).toEqual([]);
    await outbox.stop(signal);
    await store.stop(AbortSignal.timeout(10_000));
  },
);

test('an import makes a store that is readable by its owner alone', async () => {
  await using folder = await temporaryDirectory();
  process.umask(0);
  const directory = join(folder.path, 'data');
  const line = `${JSON.stringify({ type: 'export', format: 'viaduct-store', version: 1 })}\n`;
  await importStore(
    directory,
    (async function* () {
      yield Buffer.from(line);
    })(),
  );
  expect(await modes(directory)).toEqual({ '.': '700', 'data.mdb': '600', 'lock.mdb': '600' });
});

test('what others could read is mended at the start, with a warning that names it', async () => {
  await using folder = await temporaryDirectory();
  const directory = join(folder.path, 'data');
  const before = disk(directory).store;
  await before.start(AbortSignal.timeout(10_000));
  await before.stop(AbortSignal.timeout(10_000));
  await chmod(directory, 0o755);
  await chmod(join(directory, 'data.mdb'), 0o644);
  const { store, telemetry } = disk(directory);
  await store.start(AbortSignal.timeout(10_000));
  expect(await modes(directory)).toMatchObject({ '.': '700', 'data.mdb': '600' });
  expect(telemetry.lines('warn')).toEqual([
    expect.stringMatching(/data \(mode 0755\), .*data\.mdb \(mode 0644\); they cannot any more/),
  ]);
  await store.stop(AbortSignal.timeout(10_000));
});

test('what others can read and belongs to another user is refused, and the error says what to run', async () => {
  await using folder = await temporaryDirectory();
  const directory = join(folder.path, 'data');
  const before = disk(directory).store;
  await before.start(AbortSignal.timeout(10_000));
  await before.stop(AbortSignal.timeout(10_000));
  await chmod(directory, 0o750);
  vi.spyOn(process, 'geteuid').mockReturnValue(((await stat(directory)).uid || 1_000) + 1);
  const error: unknown = await disk(directory)
    .store.start(AbortSignal.timeout(10_000))
    .catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({
    code: 'store-unavailable',
    message: expect.stringMatching(/mode 0750\), which belongs to user \d+ .* chmod 700 /),
  });
});
