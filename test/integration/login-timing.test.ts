import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { argon2Hash } from '../../src/auth/passwords/argon2.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectOf, dialogue } from '../support/dialogue.ts';
import { leastOf } from '../support/least-of.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = await temporaryDirectory();
let broker: TestBroker;
beforeAll(async () => {
  const file = join(directory.path, 'passwd');
  const hash = await argon2Hash(Buffer.from('secret'), { memoryKiB: 19_456, passes: 2, lanes: 1 }); // as by default
  await writeFile(file, `bob:${hash}\n`);
  const listener = { name: 'users', bind: '127.0.0.1:0', tls: 'off', accept: ['mqtt'], authentication: ['password'] };
  broker = await startBroker({ listeners: [listener], access: { passwords: { file } } });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

let guesses = 0;

/** How long a refusal takes. */
async function refusalMs(username: string): Promise<number> {
  await using client = await dialogue(broker.port('users'));
  const password = Buffer.from(`guess ${guesses++}`); // none that is remembered
  const startMs = performance.now();
  expect(await client.ask(connectOf('guesser', { username, password }))).toMatchObject({ reasonCode: 0x86 });
  return performance.now() - startMs;
}

/** By which part the one refusal takes longer than the other, in the quickest of some, taken in turn. */
async function difference(): Promise<number> {
  let [there, notThere] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 8; round += 1) {
    there = Math.min(there, await refusalMs('bob'));
    notThere = Math.min(notThere, await refusalMs(`nobody-${round}`));
  }
  return Math.max(there, notThere) / Math.min(there, notThere) - 1;
}

test('a refusal takes as long for a user that is not there as for a wrong password', async () => {
  expect(await leastOf(0.3, difference)).toBeLessThan(0.3);
});
