import { describe, expect, test } from 'vitest';
import { filePki } from '../support/file-pki.ts';
import { runToEnd } from '../support/run-program.ts';
import { startListener, type TestListener } from '../support/transport-listener.ts';

const { certificates, pki } = await filePki();
const ca = await pki.file('root.pem', pki.root);

const start = (policy: object): Promise<TestListener> =>
  startListener({ tls: 'one-way', accept: ['mqtt'], policy }, { certificates });

/** @returns `version cipher` that openssl s_client agrees on with the listener, or `refused`. */
async function agreed({ port }: TestListener, options: readonly string[]): Promise<string> {
  const target = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', ca, '-verify_return_error'];
  const { stdout } = await runToEnd('openssl', [...target, ...options]);
  const [, version, cipher] = /^New, (\S+), Cipher is (\S+)$/m.exec(stdout) ?? [];
  return cipher === undefined || cipher === '(NONE)' ? 'refused' : `${version} ${cipher}`;
}

const only12 = (cipher: string): string[] => ['-tls1_2', '-cipher', `${cipher}:@SECLEVEL=0`];
const cases: readonly (readonly [
  string,
  readonly string[],
  Record<'modern' | 'intermediate' | 'compatible', string>,
])[] = [
  ...[['-tls1_3']].map((options) => {
    const always = 'TLSv1.3 TLS_AES_128_GCM_SHA256';
    // with the preference of s_client, AES-256 first, the order of the server decides
    return ['TLS 1.3', options, { modern: always, intermediate: always, compatible: always }] as const;
  }),
  [
    'TLS 1.2 with GCM',
    only12('ECDHE-ECDSA-AES256-GCM-SHA384'),
    {
      modern: 'refused',
      intermediate: 'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
      compatible: 'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
    },
  ],
  ...['ECDHE-ECDSA-AES128-CCM', 'ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA384'].map(
    (cipher) =>
      [
        `TLS 1.2 with ${cipher} alone`,
        only12(cipher),
        { modern: 'refused', intermediate: 'refused', compatible: `TLSv1.2 ${cipher}` },
      ] as const,
  ),
  [
    'TLS 1.2 with SHA-1 in CBC alone',
    only12('ECDHE-ECDSA-AES128-SHA'),
    { modern: 'refused', intermediate: 'refused', compatible: 'TLSv1.0 ECDHE-ECDSA-AES128-SHA' }, // the cipher is of 1.0
  ],
  [
    'TLS 1.2 with a broken cipher alone',
    only12('ECDHE-ECDSA-NULL-SHA'),
    { modern: 'refused', intermediate: 'refused', compatible: 'refused' },
  ],
  [
    'TLS 1.1',
    ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'],
    { modern: 'refused', intermediate: 'refused', compatible: 'refused' },
  ],
];

describe.each(['modern', 'intermediate', 'compatible'] as const)('preset %s with openssl s_client', (preset) => {
  test.each(cases)('%s', async (_, options, outcome) => {
    await using server = await start({ preset });
    expect(await agreed(server, options)).toBe(outcome[preset]);
  });
});

test('minVersion alone turns TLS 1.2 off, and the log says what the client offered', async () => {
  await using server = await start({ minVersion: '1.3' });
  expect(await agreed(server, ['-tls1_2'])).toBe('refused');
  await server.log.waitFor(/refused .*the client offers only TLS 1\.2 or older/);
});

test('ciphers are taken in the order given', async () => {
  await using server = await start({
    ciphers: ['TLS_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  });
  expect(await agreed(server, [])).toBe('TLSv1.3 TLS_CHACHA20_POLY1305_SHA256');
  expect(await agreed(server, ['-tls1_2'])).toBe('TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305');
  expect(await agreed(server, only12('ECDHE-ECDSA-AES256-GCM-SHA384'))).toBe('refused');
});

test('curves: P-521 alone is for compatible', async () => {
  for (const [preset, outcome] of [
    ['intermediate', 'refused'],
    ['compatible', 'TLSv1.3 TLS_AES_128_GCM_SHA256'],
  ] as const) {
    await using server = await start({ preset });
    expect(await agreed(server, ['-groups', 'P-521'])).toBe(outcome);
  }
});
