import { expect, test } from 'vitest';
import { startBroker } from '../support/broker.ts';
import { launchBrowser } from '../support/browser.ts';
import { freePorts } from '../support/free-ports.ts';

test('a page opens WebSockets of its own origin and of listeners that name it, and no others', async () => {
  const [port] = await freePorts(1);
  const page = `http://127.0.0.1:${port}`;
  const webSockets = { tls: 'off', accept: ['websocket', 'http'] };
  await using broker = await startBroker({
    listeners: [
      { name: 'own', bind: `127.0.0.1:${port}`, ...webSockets },
      { name: 'other', bind: '127.0.0.1:0', ...webSockets },
      { name: 'listed', bind: '127.0.0.1:0', ...webSockets, origins: [page] },
    ],
  });
  await using browser = await launchBrowser('none');
  const tab = await browser.newPage();
  await tab.goto(page);
  /** @returns how a WebSocket of the page began. */
  const open = (listener: string): Promise<string> =>
    tab.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(url, 'mqtt');
          socket.addEventListener('open', () => resolve('open'));
          socket.addEventListener('error', () => resolve('refused'));
        }),
      `ws://127.0.0.1:${broker.port(listener)}/mqtt`,
    );
  expect(await open('own')).toBe('open');
  expect(await open('listed')).toBe('open');
  expect(await open('other')).toBe('refused');
  await broker.log.waitFor(/a WebSocket from the page .*which is another origin/);
});
