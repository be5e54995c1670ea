import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { launchBrowser, type TestBrowser } from '../support/browser.ts';
import { type ConsolePage, openConsole } from '../support/console-page.ts';
import { hasHybridGroup, hybridGroup } from '../support/hybrid-group.ts';
import { connectClient } from '../support/mqtt-client.ts';

let broker: TestBroker;
let chromium: TestBrowser;
beforeAll(async () => {
  broker = await startBroker();
  chromium = await launchBrowser({ certificate: readFileSync(broker.file('server.pem'), 'utf8') });
});
afterAll(async () => {
  await chromium?.[Symbol.asyncDispose]();
  await broker?.[Symbol.asyncDispose]();
});

const url = (): string => `https://localhost:${broker.port('wss')}/`;
const open = async (): Promise<ConsolePage> => openConsole(await chromium.newPage(), url());

describe('the console page in Chromium', () => {
  test('is not opened when the certificate is not trusted', async () => {
    await using suspicious = await launchBrowser('none');
    const page = await suspicious.newPage();
    await expect(page.goto(url())).rejects.toThrow(/ERR_CERT_AUTHORITY_INVALID/);
  });

  test('comes over a key exchange that the quantum computers of tomorrow do not open, where the OpenSSL of Node has it', async () => {
    const page = await chromium.newPage();
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    const groups: unknown[] = [];
    session.on('Network.responseReceived', ({ response }) => groups.push(response.securityDetails?.keyExchangeGroup));
    await page.goto(url());
    await expect.poll(() => groups[0]).toBe(hasHybridGroup ? hybridGroup : 'X25519');
  });

  test.each(['3.1.1', '5'] as const)(
    'connects, subscribes, publishes and receives over wss with MQTT %s',
    async (version) => {
      const console = await open();
      expect(await console.page.getByLabel('URI').inputValue()).toBe(`wss://localhost:${broker.port('wss')}/mqtt`);
      await console.connect({ version, clientId: `page-${version}` });
      expect(await console.waitForLine('CONNECTED')).toContain(`as page-${version} (MQTT ${version}, new session)`);
      expect(await console.subscribe('signal/#', 1)).toContain('signal/# (QoS 1)');
      await console.publish('signal/hello', 'Grüße <b>from</b> the page');
      expect(await console.waitForLine('SENT', 'signal/hello')).toContain('Grüße <b>from</b> the page');
      expect(await console.waitForLine('RECEIVED', 'signal/hello')).toContain('Grüße <b>from</b> the page');
      await console.disconnect();
      expect(await console.waitForLine('DISCONNECTED')).toContain('by this page');
      expect(console.problems()).toEqual([]);
    },
  );

  test('works as well through a proxy, and is told there nothing of what is behind', async () => {
    const page = await chromium.newPage();
    await page.setExtraHTTPHeaders({ 'x-forwarded-for': '192.0.2.7' });
    const console = await openConsole(page, url());
    expect(await page.getByLabel('URI').inputValue()).toBe(`wss://localhost:${broker.port('wss')}/mqtt`);
    expect(await page.locator('#version-text').textContent()).toBe('');
    expect(await page.getByRole('tab').allTextContents()).toEqual(['mqtt.js']);
    await expect.poll(() => page.locator('#status-broker').textContent()).toBe('Broker ready');
    expect(await page.locator('#status-nats').isHidden()).toBe(true);
    await console.connect({ version: '5', clientId: 'page-elsewhere' });
    expect(await console.waitForLine('CONNECTED')).toContain('as page-elsewhere');
    expect(console.problems()).toEqual([]);
  });

  test('exchanges messages with a device, and shows a payload that is not UTF-8 as hex', async () => {
    const console = await open();
    await console.connect();
    await console.waitForLine('CONNECTED');
    await console.subscribe('to-page/#');
    await using device = await connectClient(broker, 'mqtts-two-way', { protocolVersion: 5 });
    await device.mqtt.subscribeAsync('to-device/+', { qos: 1 });
    await device.mqtt.publishAsync('to-page/bytes', Buffer.from([0xff, 0x00, 0xfe]), {
      qos: 1,
      properties: { userProperties: { unit: 'celsius' } },
    });
    expect(await console.waitForLine('RECEIVED', 'to-page/bytes')).toMatch(
      /QoS 1, 3 bytes, hex.*unit=celsius.*ff 00 fe/s,
    );
    await console.publish('to-device/1', 'go');
    const [message] = await device.take(1);
    expect(message?.payload.toString()).toBe('go');
    expect(console.problems()).toEqual([]);
  });

  test('exchanges messages with a NATS client', async () => {
    const console = await open();
    await console.connect();
    await console.waitForLine('CONNECTED');
    await console.subscribe('signal/#');
    const nats = await connect({ servers: broker.natsUrl });
    try {
      const heard = nats.subscribe('signal.to-nats', { max: 1 });
      await nats.flush();
      await console.publish('signal/to-nats', 'from the page');
      for await (const message of heard) expect(message.string()).toBe('from the page');
      nats.publish('signal.to-page', 'from NATS');
      expect(await console.waitForLine('RECEIVED', 'signal/to-page')).toContain('from NATS');
    } finally {
      await nats.close();
    }
    expect(console.problems()).toEqual([]);
  });

  test('says in words why a connection, a URI and a topic do not work', async () => {
    const console = await open();
    await console.publish('signal/x', 'early');
    await console.waitForLine('ERROR', 'Connect before publishing');
    await console.connect({ uri: 'mqtts://localhost:8883' });
    await console.waitForLine('ERROR', 'start the URI with wss://');
    await console.connect({ uri: 'ws://localhost:1/mqtt' });
    await console.waitForLine('ERROR', 'may open wss:// only');
    await console.connect({ uri: `wss://localhost:${broker.port('wss')}/elsewhere` });
    await console.waitForLine('ERROR', 'cannot be reached');
    await console.connect({ uri: `wss://localhost:${broker.port('wss')}/mqtt` });
    await console.waitForLine('CONNECTED');
    await console.publish('signal/+', 'wildcard');
    await console.waitForLine('ERROR', 'has a wildcard');
    expect((await console.lines()).filter((line) => line.includes('ERROR'))).toHaveLength(5);
  });

  test('gives up an attempt that is cancelled, and connects afterwards', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    try {
      const console = await open();
      const reached = once(silent, 'connection');
      await console.connect({ uri: `wss://localhost:${port}/mqtt` });
      await reached;
      await console.page.getByRole('button', { name: 'Cancel' }).click();
      await console.page.getByText('Not connected', { exact: true }).waitFor();
      expect(await console.lines()).toEqual([]);
      await console.connect({ uri: `wss://localhost:${broker.port('wss')}/mqtt` });
      await console.waitForLine('CONNECTED');
      expect(await console.lines()).toHaveLength(1);
    } finally {
      silent.close();
    }
  });

  test('shows what the broker says of a refusal and of the end, beside the words of the page', async () => {
    const console = await open();
    await console.connect({ version: '5', clientId: 'page-twin' });
    await console.waitForLine('CONNECTED');
    await console.publish('$SYS/x', 'x');
    expect(await console.waitForLine('ERROR', '$SYS/x')).toMatch(/\(0x[89]\w\); the broker says: \S.*\S$/);
    await using _twin = await connectClient(broker, 'mqtts', { clientId: 'page-twin' });
    expect(await console.waitForLine('ERROR', 'The broker disconnected')).toMatch(
      /\(0x8e\); the broker says: another connection came with this client id$/,
    );
  });

  test('keeps the last 500 lines under a flood and says how many it dropped', async () => {
    const console = await open();
    await console.connect({ clientId: 'flooded' });
    await console.waitForLine('CONNECTED');
    await console.subscribe('flood', 0);
    await using device = await connectClient(broker, 'mqtts');
    for (let i = 0; i < 2_000; i++) device.mqtt.publish('flood', String(i));
    await device.mqtt.publishAsync('flood', 'the last', { qos: 1 });
    await console.waitForLine('RECEIVED', 'the last');
    expect(await console.lines()).toHaveLength(500);
    expect(await console.page.locator('#log-count').innerText()).toMatch(/^500 lines, \d+ older dropped$/);
    await console.page.getByRole('button', { name: 'Clear' }).click();
    expect(await console.lines()).toEqual([]);
  });

  test('works from the keyboard alone', async () => {
    const console = await open();
    const { page } = console;
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.id');
    const tabTo = async (id: string): Promise<void> => {
      for (let i = 0; i < 60 && (await focused()) !== id; i++) await press('Tab');
      expect(await focused()).toBe(id);
    };
    await press('Tab', 'Enter'); // the skip link
    await tabTo('uri');
    await press('Enter');
    await console.waitForLine('CONNECTED');
    await tabTo('filter');
    await press('Enter');
    await console.waitForLine('SUBSCRIBED', 'signal/#');
    await tabTo('payload');
    await press('Control+A');
    await page.keyboard.type('typed');
    await press('Enter');
    await console.waitForLine('RECEIVED', 'typed');
    await tabTo('log-region');
    await tabTo('tab-mosquitto');
    await press('ArrowRight');
    expect(await focused()).toBe('tab-mqtt-js');
    await press('End', 'Tab');
    const label = await page.evaluate<string>(`document.activeElement.getAttribute('aria-label')`);
    expect(label).toMatch(/^Copy: /);
    await press('Shift+Tab');
    for (let i = 0; i < 60 && (await focused()) !== 'connect-button'; i++) await press('Shift+Tab');
    await press('Space');
    await console.waitForLine('DISCONNECTED');
    expect(console.problems()).toEqual([]);
  });

  test('copies a snippet with and without permission for the clipboard', async () => {
    const allowed = await open();
    await allowed.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await allowed.page.getByRole('button', { name: 'Copy: One-way TLS: subscribe' }).click();
    await allowed.page.getByText('Copied', { exact: true }).waitFor();
    const copied = await allowed.page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied).toContain(`mosquitto_sub -h localhost -p ${broker.port('mqtts')}`);
    expect(copied).toContain(broker.file('ca-chain.pem'));

    const page = await chromium.newPage();
    await page.addInitScript(`
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
      document.execCommand = () => false;
    `);
    const refused = await openConsole(page, url());
    await page.getByRole('button', { name: 'Copy: One-way TLS: publish' }).click();
    await page.getByText('Selected: press Ctrl+C').waitFor();
    expect(await page.evaluate<string>('getSelection().toString()')).toContain('mosquitto_pub');
    expect(refused.problems()).toEqual([]);
  });
});
