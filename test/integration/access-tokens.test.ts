import { createHmac, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { type JWTPayload, SignJWT } from 'jose';
import type { Packet } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleUnder } from '../support/access-page.ts';
import { type Backend, json, startBackend } from '../support/backend.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { connectOf, type Dialogue, dialogue } from '../support/dialogue.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const issuer = 'https://id.example.com/realms/plant';
const first = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const second = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = (pair: typeof first, kid: string) => ({ ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig' });
const now = (): number => Math.floor(Date.now() / 1_000);

const tokenOf = (claims: JWTPayload = {}, pair = first, kid = 'first'): Promise<string> =>
  new SignJWT({
    iss: issuer,
    aud: 'mqtt',
    preferred_username: 'ann',
    realm_access: { roles: ['operators'] },
    device: 'pump',
    exp: now() + 60,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid })
    .sign(pair.privateKey);

let keys: RequestListener = json(200, { keys: [jwk(first, 'first')] });
let identityProvider: Backend;
let broker: TestBroker;
const { access, listeners } = exampleUnder('Tokens');
/** The example of docs/access.md, with the identity provider of this test. */
const exampleWith = (keySet: object = {}): object => ({
  ...access,
  jwt: { ...(access['jwt'] as object), keySet: { url: `${identityProvider.url}/certs`, ...keySet } },
});

beforeAll(async () => {
  identityProvider = await startBackend((request, response) => keys(request, response));
  broker = await startBroker({ listeners, access: exampleWith() });
});
afterAll(async () => {
  await broker[Symbol.asyncDispose]();
  await identityProvider[Symbol.asyncDispose]();
});

const open = (version: 4 | 5 = 5): Promise<Dialogue> => dialogue(broker.port('devices'), version);
async function connect(password: string | undefined): Promise<Packet | undefined> {
  await using client = await open();
  const login = password === undefined ? {} : { username: 'any', password: Buffer.from(password) };
  return await client.ask(connectOf('pump', login));
}
const accepted = { cmd: 'connack', reasonCode: 0 };

test('the example of docs/access.md lets in who shows a token, under the name of its claim', async () => {
  expect(await connect(await tokenOf())).toMatchObject(accepted);
  expect(broker.log.all().find((line) => line.includes('"pump"'))).toContain('ann');
});

describe('it refuses', () => {
  const unsigned = (): string =>
    `${part({ alg: 'none' })}.${part({ iss: issuer, aud: 'mqtt', preferred_username: 'ann' })}.`;
  type Case = readonly [name: string, token: () => string | undefined | Promise<string>, reasonCode: number];
  const cases: readonly Case[] = [
    ['no password', () => undefined, 0x87],
    ['a password that is no token', () => 'secret', 0x87],
    ['a token of another client id', () => tokenOf({ device: 'other' }), 0x85],
    ['a token that has expired', () => tokenOf({ exp: now() - 60 }), 0x86],
    ['a token of another issuer', () => tokenOf({ iss: 'https://evil.example.com' }), 0x86],
    ['a token for somebody else', () => tokenOf({ aud: 'web' }), 0x86],
    ['a token signed with another key', () => tokenOf({}, second), 0x86],
    ['a token without a signature (alg none)', unsigned, 0x86],
    ['a token with the public key as secret (key confusion)', () => confused(), 0x86],
    ['a token of 20 KiB', () => tokenOf({ x: 'x'.repeat(20_000) }), 0x86],
  ];
  test.each(cases)('%s', async (_name, token, reasonCode) => {
    expect(await connect(await token())).toMatchObject({ reasonCode });
  });
});

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
function confused(): string {
  const claims = { iss: issuer, aud: 'mqtt', preferred_username: 'ann', device: 'pump', exp: now() + 60 };
  const input = `${part({ alg: 'HS256', kid: 'first' })}.${part(claims)}`;
  const pem = first.publicKey.export({ type: 'spki', format: 'pem' });
  return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
}

test.each([4, 5] as const)('MQTT %i: the end of a token ends the connection', async (version) => {
  await using client = await open(version);
  const password = Buffer.from(await tokenOf({ exp: now() - 3 })); // within access.jwt.clockSkew
  const connack = await client.ask(connectOf('pump', { protocolVersion: version, username: 'any', password }));
  expect(connack).toMatchObject({ cmd: 'connack' });
  const end = await client.next();
  const goodbye = expect.objectContaining({ cmd: 'disconnect', reasonCode: 0x87 });
  expect(end).toEqual(version === 5 ? goodbye : undefined);
});

test('keys are known over a reload while their server is away, and new ones once it is back', async () => {
  await connect(await tokenOf());
  keys = (request) => request.socket.destroy();
  expect(await broker.change({ access: exampleWith({ coolDown: '1s' }) })).toContain('reloaded');
  expect(await connect(await tokenOf())).toMatchObject(accepted);
  expect(await connect(await tokenOf({}, second, 'second'))).toMatchObject({ reasonCode: 0x86 });
  keys = json(200, { keys: [jwk(first, 'first'), jwk(second, 'second')] });
  expect(await broker.change({ access: exampleWith({ coolDown: '2s' }) })).toContain('reloaded');
  expect(await connect(await tokenOf({}, second, 'second'))).toMatchObject(accepted);
});

test('a key server that does not answer refuses who needs it with 0x88, and nobody else', async () => {
  keys = () => undefined;
  expect(
    await broker.change({ access: exampleWith({ url: `${identityProvider.url}/slow`, timeout: '100ms' }) }),
  ).toContain('reloaded');
  expect(await connect(await tokenOf())).toMatchObject({ reasonCode: 0x88 });
  expect(await connect('secret')).toMatchObject({ reasonCode: 0x87 });
  expect(broker.log.text()).toContain('it did not answer within 100 ms');
  keys = json(200, { keys: [jwk(first, 'first')] });
});

test('PEM files and secrets are checked with the configuration, and read again at a reload', async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'issuer.pem');
  const jwt = { algorithms: ['ES256'], publicKeys: [file], audience: ['mqtt'], principal: 'preferred_username' };
  const pem = (pair: typeof first): string => pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await writeFile(file, 'no key');
  await broker.change({ access: { jwt } });
  expect(broker.log.text()).toContain(`${file} holds no public key in PEM form`);
  await writeFile(file, pem(first));
  expect(await broker.change({ access: { jwt } })).toContain('reloaded');
  expect(await connect(await tokenOf())).toMatchObject(accepted);
  await writeFile(file, pem(second));
  await broker.reload.request();
  expect(await connect(await tokenOf())).toMatchObject({ reasonCode: 0x86 });
  expect(await connect(await tokenOf({}, second))).toMatchObject(accepted);
});
