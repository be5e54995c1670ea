import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { tokenFile } from '../../src/enrollment/token-file.ts';
import { bearer, enrollmentBench, newCsr } from '../support/enrollment.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('one address that asks too fast is told to come back, others are not', async () => {
  await using own = await enrollmentBench();
  const { csr } = await newCsr('pump-1');
  const statuses = await Promise.all(Array.from({ length: 60 }, async () => (await own.ask(csr)).status));
  expect(statuses.filter((status) => status === 401)).toHaveLength(50);
  expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  const authorization = bearer(await own.token('pump-1'));
  expect((await own.ask(csr, { authorization })).headers['Retry-After']).toBe('5');
  expect((await own.ask(csr, { authorization, address: '192.0.2.2' })).status).toBe(200);
  expect(own.telemetry.count('enrollments_put_off_total')).toBe(11);
});

test('strangers do not use up what all devices may ask together', async () => {
  await using own = await enrollmentBench({ requestsPerSecond: 1 });
  const { csr } = await newCsr('pump-1');
  for (const address of ['a', 'b', 'c']) for (const _ of [1, 2, 3, 4, 5]) await own.ask(csr, { address });
  const authorization = bearer(await own.token('other'));
  const statuses: number[] = [];
  for (const address of ['1', '2', '3', '4', '5', '6'])
    statuses.push((await own.ask(csr, { authorization, address })).status);
  expect(statuses).toEqual([403, 403, 403, 403, 403, 429]);
});

test('a folder holds so many tokens; those that ended long ago make room', async () => {
  const limits = { maxTokens: 2, keepEndedMs: 10_000 };
  let now = 1_000;
  await using directory = await temporaryDirectory();
  const tokens = tokenFile(directory.path, () => now, limits);
  const facts = { commonName: 'a', names: [], createdBy: 'test', expiresAt: 5_000 };
  await tokens.create(facts);
  await tokens.create(facts);
  await expect(tokens.create(facts)).rejects.toMatchObject({ code: 'tokens-full' });
  now = 15_001;
  await tokens.create({ ...facts, expiresAt: 20_000 });
  expect(await tokens.read()).toHaveLength(1);
});

test('a damaged file of tokens lets nobody in and is not overwritten', async () => {
  await using own = await enrollmentBench();
  await writeFile(own.tokens.path, '{"version":1,"tokens":[{}]}');
  const response = await own.ask((await newCsr('pump-1')).csr, { authorization: bearer('00000000.x') });
  expect(response.status).toBe(503);
  expect(own.telemetry.lines('error').at(-1)).toContain('has a damaged token, number 1');
  await expect(own.token('pump-1')).rejects.toMatchObject({ code: 'tokens-damaged' });
});
