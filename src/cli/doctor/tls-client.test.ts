import { describe, expect, test } from 'vitest';
import { formatSocketAddress } from '../../kernel/address.ts';
import { shellWord } from '../../kernel/shell-word.ts';
import { listenerSchema } from '../../transport/schema.ts';
import { openingFor, printfText } from './opening.ts';
import { contextOptions, opensslLine, plainLine, type TlsClient } from './tls-client.ts';
import { type TlsTarget, targetOfUrl, targetsOfConfig, urlOf } from './tls-target.ts';

const target: TlsTarget = {
  name: 'x',
  host: '127.0.0.1',
  port: 8883,
  tls: 'one-way',
  speaks: 'mqtt',
  path: '/mqtt',
  has: targetOfUrl('mqtts://127.0.0.1', 'one-way').has,
};
const opening = openingFor(target, 'a');
const file = (name: string) => ({ pem: `${name} pem\n`, file: `/c/${name}.pem` });

describe('the openssl line', () => {
  test('says a CONNECT and a DISCONNECT and trusts a file', () => {
    const client: TlsClient = { verifiedName: 'localhost', trust: file('ca') };
    expect(opensslLine(client, target, opening)).toBe(
      "printf '\\020\\015\\000\\004MQTT\\004\\002\\000\\000\\000\\001a\\340\\000' | " +
        'openssl s_client -quiet -verify_return_error -connect 127.0.0.1:8883 ' +
        '-servername localhost -verify_hostname localhost -CAfile /c/ca.pem | od -An -tx1',
    );
  });

  test('holds all that the attempt itself does', () => {
    const client: TlsClient = {
      verifiedName: '::1',
      trust: undefined,
      isPartial: true,
      isInsecure: true,
      identity: { leaf: file('leaf'), key: file('key'), intermediates: file('second') },
      version: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    };
    const line = opensslLine(
      client,
      { ...target, host: '::1', speaks: 'websocket' },
      openingFor({ ...target, speaks: 'websocket' }, 'a'),
    );
    expect(line).toMatch(
      /^printf 'GET \/mqtt HTTP\/1\.1\\015\\012.*' \| openssl s_client -quiet -connect \[::1\]:8883 /,
    );
    expect(line).toContain(' -noservername -verify_ip ::1 -partial_chain -cert /c/leaf.pem -key /c/key.pem ');
    expect(line).toMatch(/ -cert_chain \/c\/second\.pem -tls1_1 -cipher ALL:@SECLEVEL=0$/);
    expect(contextOptions(client)).toEqual({
      allowPartialTrustChain: true,
      cert: 'leaf pem\nsecond pem\n',
      key: 'key pem\n',
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    });
  });

  test('is nc where there is no TLS', () => {
    expect(plainLine(target, opening)).toMatch(/ \| nc -w 5 127\.0\.0\.1 8883 \| od -An -tx1$/);
  });

  test('is safe for a shell, whatever the names', () => {
    expect(shellWord("/a b/it's.pem")).toBe("'/a b/it'\\''s.pem'");
    expect(shellWord('$(rm -r ~)')).toBe("'$(rm -r ~)'");
    expect(printfText(Buffer.from("%s'\\ü"))).toBe('\\045s\\047\\134\\303\\274');
  });
});

describe('an answer', () => {
  test.each([
    ['mqtt', [0x20, 2, 0, 0], { text: 'CONNACK 0', isRight: true }],
    ['mqtt', [0x20, 2, 0, 5], { text: 'CONNACK 5, which refuses this client id or user', isRight: true }],
    ['mqtt', [0x20, 2, 0], undefined],
    ['mqtt', [0x48, 0x54, 0x54, 0x50], { text: 'an answer that is not MQTT', isRight: false }],
    ['websocket', [...Buffer.from('HTTP/1.1 101 Switching')], undefined],
    ['websocket', [...Buffer.from('HTTP/1.1 101 Switching\r\n')], { text: 'HTTP 101', isRight: true }],
    ['websocket', [...Buffer.from('HTTP/1.1 404 No\r\n')], { text: 'HTTP 404 instead of 101', isRight: false }],
    ['http', [...Buffer.from('HTTP/1.1 404 No\r\n')], { text: 'HTTP 404', isRight: true }],
    ['http', [...Buffer.from('220 mail\r\n')], { text: 'an answer that is not HTTP', isRight: false }],
  ] as const)('of %s %j is %j', (speaks, bytes, answer) => {
    expect(openingFor({ ...target, speaks }, 'a').answer(Buffer.from(bytes))).toEqual(answer);
  });
});

describe('a target', () => {
  const bound = (host: string) =>
    listenerSchema.parse({
      name: 'l',
      bind: formatSocketAddress({ host, port: 1 }),
      tls: 'one-way',
      accept: ['websocket', 'http'],
      path: '/ws',
    });

  test('of a listener for all addresses is reached by the loopback one', () => {
    const hosts = ['0.0.0.0', '::', '192.0.2.1'].map((host) => targetsOfConfig({ listeners: [bound(host)] })[0]);
    expect(hosts.map((one) => one && urlOf(one))).toEqual([
      'wss://127.0.0.1:1/ws',
      'wss://[::1]:1/ws',
      'wss://192.0.2.1:1/ws',
    ]);
  });

  test('is not a plain listener', () => {
    expect(() => targetsOfConfig({ listeners: [{ ...bound('::'), tls: 'off' }] })).toThrow('no TLS listener');
  });

  test.each([
    ['mqtts://broker', { host: 'broker', port: 8883, speaks: 'mqtt' }],
    ['wss://broker', { host: 'broker', port: 443, speaks: 'websocket', path: '/mqtt' }],
    ['wss://[::1]:8084/ws', { host: '::1', port: 8084, speaks: 'websocket', path: '/ws' }],
    ['https://broker:1', { host: 'broker', port: 1, speaks: 'http' }],
  ])('is read from %s', (url, expected) => {
    expect(targetOfUrl(url, undefined)).toMatchObject(expected);
  });

  test.each(['mqtt://broker', 'broker', 'mqtts://', 'mqtts://u:hunter2@broker', 'mqtts://:hunter2@broker'])(
    'is not %s',
    (url) => {
      expect(() => targetOfUrl(url, undefined)).toThrow(/^(?!.*hunter2).*is no address to check/);
    },
  );
});
