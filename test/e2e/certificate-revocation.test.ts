import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mosquittoPublish } from '../support/mosquitto-publish.ts';
import { portOf } from '../support/program.ts';
import { serveCertificates } from '../support/serving-certificates.ts';

test('viaduct pki issue, revoke and a running broker: mosquitto is let in, then refused, without a restart', async () => {
  await using broker = await serveCertificates({
    listeners: [{ name: 'devices', bind: '127.0.0.1:0', tls: 'two-way', accept: ['mqtt'] }],
  });
  const { certs, ready, program } = broker;
  const publish = async (): Promise<number | null> => {
    const files = {
      ca: join(certs, 'root-ca.pem'),
      cert: join(certs, 'client-demo.pem'),
      key: join(certs, 'client-demo.key'),
    };
    return (await mosquittoPublish(portOf(ready, 'mqtts'), files)).code;
  };
  expect(await publish()).toBe(0);
  await broker.pki('revoke', join(certs, 'client-demo.pem'), '--reason', 'key-compromise');
  await program.stderr.waitFor(/certificates read again/);
  expect(await publish()).not.toBe(0);
  await program.stderr.waitFor(/CN=client-demo.*was revoked on .*\(its key was compromised\)/);
});
