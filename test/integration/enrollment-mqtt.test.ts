import { X509Certificate } from 'node:crypto';
import type { IClientPublishOptions } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TokenFile, tokenFile } from '../../src/enrollment/token-file.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { newCsr } from '../support/enrollment.ts';
import { connectClient, type TestClient } from '../support/mqtt-client.ts';
import { runToEnd } from '../support/run-program.ts';

let broker: TestBroker;
let tokens: TokenFile;
beforeAll(async () => {
  broker = await startBroker();
  tokens = tokenFile(broker.certificates, Date.now);
});
afterAll(() => broker[Symbol.asyncDispose]());

const topic = '$pki/enroll';
const responseTopic = (clientId: string): string => `${topic}/response/${clientId}`;
const newToken = async (commonName: string): Promise<string> =>
  (await tokens.create({ commonName, names: [], createdBy: 'test', expiresAt: Date.now() + 3_600_000 })).text;

const connect = (clientId: string, protocolVersion: 4 | 5 = 5): Promise<TestClient> =>
  connectClient(broker, 'mqtts', { clientId, protocolVersion });

interface Answer {
  readonly certificate?: string;
  readonly ca?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Sends a request and waits for the next answer. */
async function ask(client: TestClient, payload: string | object, options: IClientPublishOptions = {}): Promise<Answer> {
  const count = client.messages.length + 1;
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  await client.mqtt.publishAsync(topic, text, { qos: 1, ...options });
  const answer = (await client.take(count))[count - 1]!;
  expect(answer.topic).toBe(responseTopic(client.mqtt.options.clientId ?? ''));
  return JSON.parse(answer.payload.toString()) as Answer;
}

test.each([4, 5] as const)(
  'a device enrolls over MQTT (version %d) and connects two-way with what it gets',
  async (version) => {
    const name = `pump-${version}`;
    await using device = await connect(name, version);
    await device.mqtt.subscribeAsync(responseTopic(name), { qos: 1 });
    const { csr, key } = await newCsr(name);
    const properties = { responseTopic: responseTopic(name), correlationData: Buffer.from('request 1') };
    const { certificate = '', ca } = await ask(
      device,
      { csr, token: await newToken('pump-*'), lifetime: '2d' },
      version === 5 ? { properties } : {},
    );
    const { payload, packet } = device.messages[0]!;
    expect(packet.properties?.correlationData?.toString()).toBe(version === 5 ? 'request 1' : undefined);
    expect(ca?.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const { validTo, subject } = new X509Certificate(certificate);
    expect(JSON.parse(payload.toString())).toMatchObject({ notAfter: new Date(validTo).toISOString() });
    expect(subject).toBe(`O=Viaduct\nCN=${name}`);
    await device.mqtt.endAsync(); // with the certificate it is another client, which may not push this one out
    await using identified = await connectClient(broker, 'mqtts-two-way', { clientId: name, cert: certificate, key });
    expect(identified.mqtt.connected).toBe(true);
    await broker.log.waitFor(new RegExp(`"principal":"${name}"`));
  },
);

test.each([4, 5] as const)(
  'a device renews its certificate over the connection that it made with it (version %d)',
  async (version) => {
    const clientId = `renewing-${version}`;
    const { csr, key } = await newCsr(clientId);
    await using first = await connect(clientId, version);
    await first.mqtt.subscribeAsync(responseTopic(clientId), { qos: 1 });
    const { certificate: cert = '' } = await ask(first, { csr, token: await newToken(clientId) });
    await first.mqtt.endAsync();
    await using device = await connectClient(broker, 'mqtts-two-way', {
      clientId,
      cert,
      key,
      protocolVersion: version,
    });
    await device.mqtt.subscribeAsync(responseTopic(clientId), { qos: 1 });
    const next = await newCsr(clientId);
    const { certificate: renewed = '' } = await ask(device, { csr: next.csr, renew: true });
    expect(new X509Certificate(renewed).subject).toBe(`O=Viaduct\nCN=${clientId}`);
    await using again = await connectClient(broker, 'mqtts-two-way', { clientId, cert: renewed, key: next.key });
    expect(again.mqtt.connected).toBe(true);
    const other = await newCsr('somebody-else');
    await again.mqtt.subscribeAsync(responseTopic(clientId), { qos: 1 });
    expect((await ask(again, { csr: other.csr, renew: true })).error?.code).toBe('forbidden');
  },
);

test('on a line that others can read nothing is given', async () => {
  await using device = await connectClient(broker, 'mqtt', { clientId: 'pump-10' });
  await device.mqtt.subscribeAsync(responseTopic('pump-10'), { qos: 1 });
  const { csr } = await newCsr('pump-10');
  const answer = await ask(device, { csr, token: await newToken('pump-10') });
  expect(answer.error?.message).toMatch(/connect to a listener with TLS/);
});

test('mosquitto_rr enrolls by request and response', async () => {
  const { csr } = await newCsr('valve-1');
  const request = JSON.stringify({ csr, token: await newToken('valve-1') });
  const { stdout, code, stderr } = await runToEnd('mosquitto_rr', [
    '-h',
    'localhost',
    '-p',
    String(broker.port('mqtts')),
    '--cafile',
    broker.file('root-ca.pem'),
    '-V',
    '5',
    '-i',
    'valve-1',
    '-q',
    '1',
    '-t',
    topic,
    '-e',
    responseTopic('valve-1'),
    '-m',
    request,
    '-W',
    '20',
  ]);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ certificate: expect.stringContaining('BEGIN CERTIFICATE') });
});

test('nobody else reads the request, which holds the token, nor the answer', async () => {
  await using spy = await connect('spy');
  for (const filter of [topic, '$pki/#', '$share/g/$pki/enroll', responseTopic('pump-9'), responseTopic('+')])
    await expect(spy.mqtt.subscribeAsync(filter), filter).rejects.toThrow(/Not authorized/);
  await spy.mqtt.subscribeAsync('#', { qos: 1 });
  await using device = await connect('pump-9');
  await device.mqtt.subscribeAsync(responseTopic('pump-9'), { qos: 1 });
  const { csr } = await newCsr('pump-9');
  expect(await ask(device, { csr, token: await newToken('pump-9') })).toHaveProperty('certificate');
  await device.mqtt.publishAsync('seen', 'by all', { qos: 1 });
  await spy.take(1);
  expect(spy.messages.map((message) => message.topic)).toEqual(['seen']);
  await expect(spy.mqtt.publishAsync(responseTopic('pump-9'), '{}', { qos: 1 })).rejects.toThrow(/Not authorized/);
  await expect(device.mqtt.publishAsync(topic, '{}', { qos: 1, retain: true })).rejects.toThrow(/Not authorized/);
});

test('what is not in order is answered with a sentence, and a token counts once', async () => {
  await using device = await connect('pump-3');
  await device.mqtt.subscribeAsync(responseTopic('pump-3'), { qos: 1 });
  const { csr } = await newCsr('pump-3');
  const token = await newToken('pump-3');
  const said = async (payload: string | object, options?: IClientPublishOptions): Promise<string> => {
    const { error } = await ask(device, payload, options);
    return `${error?.code}: ${error?.message}`;
  };
  expect(await said('no json')).toMatch(/^malformed: the payload is no JSON/);
  expect(await said('[]')).toMatch(/^malformed: the payload has no csr/);
  expect(await said({ csr: 1 })).toMatch(/^malformed: /);
  expect(await said({ csr: 'x', token: 1 })).toMatch(/^malformed: the token is no text/);
  expect(await said('x'.repeat(98_305))).toMatch(/^malformed: the request has 98305 bytes; at most 98304/);
  expect(await said({ csr })).toMatch(/^unauthenticated: show who you are/);
  expect(await said({ csr: 'garbage', token })).toMatch(/^malformed: the request holds no request in PEM form/);
  expect(await said({ csr, token, lifetime: '400d' })).toMatch(/^forbidden: a lifetime of 400d is too long/);
  const elsewhere = { properties: { responseTopic: 'somewhere/else' } };
  expect(await said({ csr, token }, elsewhere)).toMatch(/^malformed: the Response Topic must be/);
  expect(await ask(device, { csr, token })).toHaveProperty('certificate');
  expect(await said({ csr, token })).toMatch(/^unauthenticated: token .* was used on/);
});

test('a client that asks too fast is told to come back later, and others are answered', async () => {
  await using device = await connect('eager');
  await device.mqtt.subscribeAsync(responseTopic('eager'), { qos: 1 });
  await Promise.all(Array.from({ length: 70 }, () => device.mqtt.publishAsync(topic, '{}', { qos: 1 })));
  const codes = (await device.take(70)).map(({ payload }) => (JSON.parse(payload.toString()) as Answer).error?.code);
  expect(codes.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 'malformed'));
  expect(codes).toContain('busy');
  await using other = await connect('pump-8');
  await other.mqtt.subscribeAsync(responseTopic('pump-8'), { qos: 1 });
  const { csr } = await newCsr('pump-8');
  expect(await ask(other, { csr, token: await newToken('pump-8') })).toHaveProperty('certificate');
});
