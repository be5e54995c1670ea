import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { portOf, startViaduct, viaduct } from '../support/program.ts';
import { runToEnd } from '../support/run-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

test('viaduct pki issue, revoke and a running broker: mosquitto is let in, then refused, without a restart', async () => {
  await using directory = await temporaryDirectory();
  const certs = join(directory.path, 'certs');
  const config = join(directory.path, 'viaduct.yaml');
  await writeFile(
    config,
    stringify({
      listeners: [{ name: 'devices', bind: '127.0.0.1:0', tls: 'two-way', accept: ['mqtt'] }],
      certificates: { directory: certs },
      store: { type: 'memory' },
      nats: { hub: { bind: '127.0.0.1:0' } },
    }),
  );
  await using broker = startViaduct(['serve', '--config', config], { cwd: directory.path });
  const port = portOf(await broker.stdout.waitFor(/ready/), 'mqtts');
  const pki = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await viaduct(['pki', ...args, '-d', certs], { cwd: directory.path });
    expect(stderr.trim()).toBe('');
    expect(code).toBe(0);
    return stdout;
  };
  const publish = async (): Promise<number | null> => {
    const { code } = await runToEnd('mosquitto_pub', [
      '-h',
      'localhost',
      '-p',
      String(port),
      '-q',
      '1',
      '-t',
      'a',
      '-m',
      'b',
      '--cafile',
      join(certs, 'root-ca.pem'),
      '--cert',
      join(certs, 'client-demo.pem'),
      '--key',
      join(certs, 'client-demo.key'),
    ]);
    return code;
  };
  expect(await publish()).toBe(0);
  await pki('revoke', join(certs, 'client-demo.pem'), '--reason', 'key-compromise');
  await broker.stderr.waitFor(/certificates read again/);
  expect(await publish()).not.toBe(0);
  await broker.stderr.waitFor(/CN=client-demo.*was revoked on .*\(its key was compromised\)/);
}, 60_000);
