import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { type BrowserProfile, launchBrowserWith, type ProfileBrowser } from '../support/browser-profile.ts';
import { openConsole } from '../support/console-page.ts';
import { viaduct } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

type Identity = NonNullable<BrowserProfile['identity']>;
type Listener = 'required' | 'optional';

const password = 'pass-of-the-file';
let broker: TestBroker;
let work: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  work = await temporaryDirectory();
  const accept = ['websocket', 'http'];
  broker = await startBroker({
    listeners: [
      { name: 'required', bind: '127.0.0.1:0', tls: 'two-way', accept },
      { name: 'optional', bind: '127.0.0.1:0', tls: 'two-way-optional', accept },
    ],
    access: { certificate: { bind: 'equal' } },
  });
  await writeFile(at('password'), password);
});
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
  await work?.[Symbol.asyncDispose]();
});

const at = (name: string): string => join(work.path, name);
const origin = (listener: Listener): string => `https://localhost:${broker.port(listener)}`;

/** A browser that shows its certificate, where it has one, to both listeners. */
const launch = (identity?: Identity): Promise<ProfileBrowser> =>
  launchBrowserWith({
    root: broker.file('root-ca.pem'),
    shownTo: [origin('required'), origin('optional')],
    ...(identity && { identity }),
  });

async function pki(directory: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await viaduct(['pki', ...args, '-d', directory]);
  expect({ code, stderr: stderr.trim() }, args.join(' ')).toEqual({ code: 0, stderr: '' });
}

/** A new client certificate, as the CLI issues it and puts it into a PKCS#12 file. */
async function issue(name: string): Promise<Identity> {
  const pkcs12 = at(`${name}.p12`);
  await pki(broker.certificates, 'issue', 'client', name);
  const from = join(broker.certificates, 'issued', `${name}.pem`);
  const passwordFile = ['--password-file', at('password')];
  await pki(broker.certificates, 'export', from, '--format', 'p12', '--out', pkcs12, ...passwordFile);
  return { pkcs12, password };
}

/** The certificate that a new CA makes for a first try; certs/README.md tells its password. */
const demoIn = (directory: string): Identity => ({ pkcs12: join(directory, 'client-demo.p12'), password: 'viaduct' });

/** In a new page, because a failed one loads the browser's page about it for a moment longer. */
async function expectRefused(browser: ProfileBrowser, listener: Listener, reason: RegExp): Promise<void> {
  const page = await browser.newPage();
  await expect(page.goto(origin(listener))).rejects.toThrow(/net::ERR_(?!CERT|NAME|CONNECTION_REFUSED)/);
  await broker.log.waitFor(reason);
}

/** Reads in the log whom the broker took a page for. */
async function expectNamed(listener: Listener, clientId: string, who: Readonly<Record<string, string>>): Promise<void> {
  const line = await broker.log.waitFor(new RegExp(`client \\\\"${clientId}\\\\" connected .* on ${listener} `));
  expect(JSON.parse(line)).toMatchObject({ listener, clientId, protocol: 'wss', tls: 'TLSv1.3', ...who });
}

describe('Chromium with a client certificate of viaduct pki', () => {
  test('opens the console on a two-way listener and exchanges messages as the one its certificate names', async () => {
    await using browser = await launch(await issue('alice'));
    const console = await openConsole(await browser.newPage(), origin('required'));
    await console.connect({ clientId: 'alice' });
    expect(await console.waitForLine('CONNECTED')).toContain(
      `wss://localhost:${broker.port('required')}/mqtt as alice`,
    );
    await expectNamed('required', 'alice', { principal: 'alice', subject: 'CN=alice, O=Viaduct' });
    await console.subscribe('signal/#');
    await console.publish('signal/hello', 'by certificate');
    expect(await console.waitForLine('RECEIVED', 'signal/hello')).toContain('by certificate');
    await console.disconnect();
    await console.waitForLine('DISCONNECTED');
    expect(console.problems()).toEqual([]);

    await console.connect({ clientId: 'bob' });
    await console.waitForLine('ERROR', 'does not accept this client id');

    const optional = await openConsole(await browser.newPage(), origin('optional'));
    await optional.connect({ clientId: 'alice' });
    await optional.waitForLine('CONNECTED');
    await expectNamed('optional', 'alice', { principal: 'alice', subject: 'CN=alice, O=Viaduct' });
  });

  test('is closed when the certificate is revoked, and refused from then on', async () => {
    await using browser = await launch(demoIn(broker.certificates));
    const console = await openConsole(await browser.newPage(), origin('required'));
    await console.connect({ clientId: 'client-demo' });
    await console.waitForLine('CONNECTED');
    await pki(broker.certificates, 'revoke', broker.file('client-demo.pem'), '--reason', 'key-compromise');
    expect(await console.waitForLine('DISCONNECTED')).toContain('the connection broke off');
    await broker.log.waitFor(/closed an open connection: .*CN=client-demo.* was revoked on/);
    await expectRefused(browser, 'required', /refused .*CN=client-demo.* was revoked on .*its key was compromised/);
    await console.connect();
    await console.waitForLine('ERROR', 'cannot be reached');
  });
});

test('Chromium with the certificate of a foreign CA that has all names of ours is refused, and the log says why', async () => {
  const foreign = at('foreign');
  await pki(foreign, 'init');
  await using browser = await launch(demoIn(foreign));
  await expectRefused(browser, 'required', /required: refused .*CN=client-demo.* not in the trust anchors/);
  await expectRefused(browser, 'optional', /optional: refused .*CN=client-demo.* not in the trust anchors/);
});

test('Chromium without a certificate is refused on a two-way listener and let in where it is optional', async () => {
  await using browser = await launch();
  await expectRefused(browser, 'required', /required: refused .* sent no certificate/);
  const console = await openConsole(await browser.newPage(), origin('optional'));
  await console.connect({ clientId: 'nobody' });
  await console.waitForLine('CONNECTED');
  await expectNamed('optional', 'nobody', { principal: 'anonymous' });
  expect(console.problems()).toEqual([]);
});
