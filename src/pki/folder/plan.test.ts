import { expect, test } from 'vitest';
import { type FileName, fileNames, readFolder, withFiles } from '../files.ts';
import { isComplete, planMissing } from './plan.ts';

const encrypted = '-----BEGIN ENCRYPTED PRIVATE KEY-----';

const nothing = await readFolder('/certs', async () => undefined);

/** Only the names count here, and whether a key has a passphrase. */
const folder = (names: readonly FileName[], texts: Partial<Record<FileName, string>> = {}) =>
  withFiles(
    nothing,
    names.map((name) => [name, Buffer.from(texts[name] ?? '')]),
  );

/** What the plan says is to be made. */
const made = (names: readonly FileName[], texts?: Partial<Record<FileName, string>>): string[] =>
  Object.entries(planMissing(folder(names, texts))).flatMap(([part, isMade]) => (isMade === true ? [part] : []));

const without = (...names: readonly FileName[]) => fileNames.filter((name) => !names.includes(name));
const everything = ['root', 'intermediate', 'caChain', 'server', 'client', 'clientP12'];

test('an empty folder gets everything', () => {
  expect(made([])).toEqual(everything);
});

test('a complete folder gets nothing', () => {
  expect(made(fileNames)).toEqual([]);
  expect(isComplete(planMissing(folder(fileNames)))).toBe(true);
});

test('a first start that was cut off after any file is completed', () => {
  for (let count = 1; count < fileNames.length; count += 1) {
    const plan = planMissing(folder(fileNames.slice(0, count)));
    expect(isComplete(plan), `after ${count} files`).toBe(false);
    expect(plan.warnings).toEqual([]);
  }
  expect(made(fileNames.slice(0, 3))).toEqual(['intermediate', 'caChain', 'server', 'client', 'clientP12']);
});

test('a deleted certificate is made again for the key that is still there', () => {
  expect(made(without('server.pem'))).toEqual(['server']);
  expect(made(without('root-ca.pem'))).toEqual(['root']);
  expect(made(without('ca-chain.pem'))).toEqual(['caChain']);
});

test("with one's own server certificate and CA nothing is made and no key of the CA is needed", () => {
  const plan = planMissing(folder(['server.pem', 'server.key', 'ca-chain.pem']));
  expect(isComplete(plan)).toBe(true);
  expect(plan.warnings).toEqual([]);
});

test("with one's own server certificate alone, a CA for clients is made beside it", () => {
  expect(made(['server.pem', 'server.key'])).toEqual(['root', 'intermediate', 'caChain', 'client', 'clientP12']);
});

test('a CA of a root alone gets an intermediate where the key of the root is there', () => {
  expect(made(['root-ca.pem', 'root-ca.key'])).toEqual(everything.slice(1));
});

test('the bundle is made of the CA files that are there', () => {
  expect(made(['server.pem', 'server.key', 'intermediate-ca.pem'])).toEqual(['caChain']);
});

test('a certificate without its key is refused with the cure', () => {
  expect(() => planMissing(folder(without('server.key')))).toThrow(
    '/certs/server.key is missing, but server.pem is there; put the key back, or delete server.pem to have both made anew',
  );
  expect(() => planMissing(folder(['server.pem', 'ca-chain.pem']))).toThrow(/put another pair there/);
});

test('a server certificate that cannot be made is asked for', () => {
  expect(() => planMissing(folder(['root-ca.pem', 'intermediate-ca.pem']))).toThrow(
    /server\.pem is missing and cannot be made/,
  );
  const locked = { 'intermediate-ca.key': encrypted };
  expect(() => planMissing(folder(without('server.pem'), locked))).toThrow(/readable intermediate-ca\.key/);
});

test('the key of a CA without any certificate is refused with the cure', () => {
  expect(() => planMissing(folder(['intermediate-ca.key']))).toThrow(/put root-ca\.pem and intermediate-ca\.pem back/);
  expect(() => planMissing(folder(['root-ca.key'], { 'root-ca.key': encrypted }))).toThrow(/key of a CA/);
});

test('an incomplete demo client is a warning, since the program runs without it', () => {
  for (const name of ['client-demo.key', 'client-demo.pem'] as const) {
    const plan = planMissing(folder(without(name)));
    expect(isComplete(plan)).toBe(true);
    expect(plan.warnings).toEqual([expect.stringMatching(/delete client-demo\.\* to have all three made anew/)]);
  }
  expect(made(without('client-demo.p12'))).toEqual(['clientP12']);
});
