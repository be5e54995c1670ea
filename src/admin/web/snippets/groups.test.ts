import { describe, expect, test } from 'vitest';
import { shellWord } from '../../../kernel/shell-word.ts';
import type { ListenerInfo } from '../../broker-info.ts';
import type { ConsoleFacts, StrangerFacts } from '../../console-facts.ts';
import { bridgeExample } from '../bridge-example.ts';
import { snippetGroups } from './groups.ts';
import { reachableHost } from './hosts.ts';
import { literal } from './snippet.ts';
import { type PageAddress, strangerTargets, targetsOf } from './targets.ts';

const listener = (more: Partial<ListenerInfo>): ListenerInfo => ({
  name: 'x',
  accept: ['mqtt'],
  tls: 'one-way',
  host: '127.0.0.1',
  port: 8883,
  path: '/mqtt',
  ...more,
});
const facts: ConsoleFacts = {
  name: 'viaduct',
  version: '1.0.0',
  nodeId: 'n',
  listeners: [
    listener({}),
    listener({ tls: 'two-way', port: 8884 }),
    listener({ accept: ['websocket', 'http'], port: 8084 }),
  ],
  certificates: {
    rootCa: '/srv/my certs/root-ca.pem',
    chain: '/srv/my certs/ca-chain.pem',
    clientCertificate: '/srv/my certs/client-demo.pem',
    clientKey: '/srv/my certs/client-demo.key',
  },
  nats: { url: 'nats://127.0.0.1:4222', embedded: true },
  rules: [{ name: 'signal', topic: 'signal/#', subject: 'signal.>', direction: 'both' }],
};
const textOf = (id: string, from: ConsoleFacts = facts, pageHost = 'localhost'): string | undefined =>
  snippetGroups(targetsOf(from, pageHost))
    .flatMap(({ snippets }) => snippets)
    .find((snippet) => snippet.id === id)?.text;

describe('snippets', () => {
  test('mosquitto names the port and quotes the files', () => {
    expect(textOf('mosquitto-sub-one-way')).toBe(
      "mosquitto_sub -h localhost -p 8883 \\\n  --cafile '/srv/my certs/ca-chain.pem' \\\n  -v -t 'signal/#'",
    );
    expect(textOf('mosquitto-pub-two-way')).toBe(
      "mosquitto_pub -h localhost -p 8884 \\\n  --cafile '/srv/my certs/ca-chain.pem' \\\n" +
        "  --cert '/srv/my certs/client-demo.pem' \\\n  --key '/srv/my certs/client-demo.key' \\\n" +
        "  -q 1 -t signal/hello -m 'hello from mosquitto'",
    );
  });

  test('openssl sends the CONNECT of client id "a" in a form every printf knows', () => {
    const text = textOf('openssl-connect-one-way') ?? '';
    expect(text).toContain('openssl s_client -connect localhost:8883 -servername localhost');
    const [, sent = ''] = /printf '([^']*)'/.exec(text) ?? [];
    const bytes = sent.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    expect(Buffer.from(bytes, 'latin1').toString('hex')).toBe('100d00044d51545404020000000161');
  });

  test('mqtt.js, Paho and NATS use the same addresses and files', () => {
    expect(textOf('mqtt-js-two-way')).toContain("mqtt.connectAsync('mqtts://localhost:8884'");
    expect(textOf('mqtt-js-websocket')).toContain("mqtt.connectAsync('wss://localhost:8084/mqtt'");
    expect(textOf('paho-two-way')).toContain("certfile='/srv/my certs/client-demo.pem'");
    expect(textOf('nats-sub')).toBe("nats --server nats://127.0.0.1:4222 sub 'signal.>'");
    expect(textOf('nats-js')).toContain("nats.publish('signal.hello', ");
  });

  test('a broker on one port for everything is shown with TLS', () => {
    const everything = listener({ tls: 'auto', accept: ['mqtt', 'websocket', 'http'], host: '0.0.0.0', port: 443 });
    const one = { ...facts, listeners: [everything] };
    expect(textOf('mosquitto-sub-one-way', one, 'mqtt.example')).toContain('-h mqtt.example -p 443');
    expect(textOf('mqtt-js-websocket', one, 'mqtt.example')).toContain('wss://mqtt.example:443/mqtt');
    expect(textOf('mosquitto-sub-two-way', one)).toBeUndefined();
  });

  test('a plain listener needs no files, and OpenSSL has nothing to do with it', () => {
    const plain = { ...facts, listeners: [listener({ tls: 'off', port: 1883 })] };
    expect(textOf('mosquitto-sub-off', plain)).toBe("mosquitto_sub -h localhost -p 1883 \\\n  -v -t 'signal/#'");
    expect(snippetGroups(targetsOf(plain, 'localhost')).map(({ id }) => id)).not.toContain('openssl');
  });
});

describe('the host of a snippet', () => {
  test.each([
    ['127.0.0.1', 'mqtt.example', 'localhost'],
    ['::1', 'mqtt.example', 'localhost'],
    ['0.0.0.0', 'mqtt.example', 'mqtt.example'],
    ['::', 'localhost', 'localhost'],
    ['0.0.0.0', '127.0.0.1', 'localhost'],
    ['203.0.113.5', 'mqtt.example', 'mqtt.example'],
    ['203.0.113.5', 'localhost', '203.0.113.5'],
    ['::', '[2001:db8::1]', '2001:db8::1'],
  ])('bound to %s and opened as %s is %s', (bound, page, host) => expect(reachableHost(bound, page)).toBe(host));

  test('is bracketed in URLs when it is an IPv6 address', () => {
    const all = listener({ accept: ['websocket'], host: '::', port: 8084 });
    expect(targetsOf({ ...facts, listeners: [all] }, '[2001:db8::1]').webSocket?.uri).toBe(
      'wss://[2001:db8::1]:8084/mqtt',
    );
  });

  test('of the hub on all addresses is that of the page', () => {
    const urlOf = (url: string) => targetsOf({ ...facts, nats: { url, embedded: true } }, 'mqtt.example').nats;
    expect(urlOf('nats://0.0.0.0:4222')).toBe('nats://mqtt.example:4222');
    expect(urlOf('nats://[::]:4222')).toBe('nats://mqtt.example:4222');
    expect(urlOf('nats://127.0.0.1:4222')).toBe('nats://127.0.0.1:4222');
  });

  test('of an external NATS is the configured one', () => {
    const external = { ...facts, nats: { url: 'tls://nats.example:4222', embedded: false } };
    expect(targetsOf(external, 'localhost').nats).toBe('tls://nats.example:4222');
  });
});

describe('on another machine than that of the broker', () => {
  const page = { protocol: 'https:', host: 'mqtt.example:8084', hostname: 'mqtt.example' };
  const uriOf = (webSocket: StrangerFacts['webSocket'], more: Partial<PageAddress> = {}) =>
    strangerTargets({ name: 'viaduct', webSocket }, { ...page, ...more }).webSocket?.uri;

  test('the only snippet is that of a WebSocket, with files that are on no machine of ours', () => {
    const groups = snippetGroups(
      strangerTargets({ name: 'viaduct', webSocket: { path: '/mqtt', tls: 'one-way' } }, page),
    );
    expect(groups.flatMap(({ snippets }) => snippets.map(({ id }) => id))).toEqual(['mqtt-js-websocket']);
    expect(groups[0]?.snippets[0]?.text).toContain("mqtt.connectAsync('wss://mqtt.example:8084/mqtt'");
    expect(groups[0]?.snippets[0]?.text).toContain("readFileSync('certs/ca-chain.pem')");
  });

  test('the WebSocket is where the page is, also behind a proxy that ends TLS, or on the port that is told', () => {
    expect(uriOf({ path: '/mqtt', tls: 'one-way' })).toBe('wss://mqtt.example:8084/mqtt');
    expect(uriOf({ path: '/m', tls: 'off' }, { host: 'mqtt.example' })).toBe('wss://mqtt.example/m');
    expect(uriOf({ path: '/m', tls: 'off' }, { protocol: 'http:' })).toBe('ws://mqtt.example:8084/m');
    expect(uriOf({ port: 9001, path: '/m', tls: 'two-way' })).toBe('wss://mqtt.example:9001/m');
    expect(uriOf({ port: 9001, path: '/m', tls: 'off' }, { protocol: 'http:' })).toBe('ws://mqtt.example:9001/m');
    expect(uriOf(null)).toBeUndefined();
  });
});

test('the example follows the first rule for both directions', () => {
  const telemetry = {
    name: 't',
    topic: 'plants/{site}/up/{rest...}',
    subject: 'plants.{site}.{rest...}',
    direction: 'to-nats',
  } as const;
  expect(bridgeExample([telemetry])).toEqual({
    topic: 'plants/hello/up/hello',
    filter: 'plants/+/up/#',
    subject: 'plants.hello.hello',
    subjects: 'plants.*.>',
    isBridged: true,
  });
  expect(bridgeExample([telemetry, ...facts.rules]).subjects).toBe('signal.>');
  expect(bridgeExample([]).isBridged).toBe(false);
});

test('quoting survives quotes, spaces and backslashes', () => {
  expect(shellWord("a 'b'")).toBe(`'a '\\''b'\\'''`);
  expect(shellWord('$HOME')).toBe("'$HOME'");
  expect(literal('C:\\certs\\a.pem')).toBe('"C:\\\\certs\\\\a.pem"');
});
