import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentTelemetry } from '../../src/kernel/telemetry-ports.ts';
import { createListener, type TransportListener } from '../../src/transport/listener.ts';
import { listenerSchema } from '../../src/transport/schema.ts';
import { hex } from '../support/packet-bytes.ts';
import { connectA, rawClient } from '../support/raw-client.ts';
import { startListener } from '../support/transport-listener.ts';

const connect = hex(connectA);
const never = new AbortController().signal;

const listenerOn = (bind: string, more: object = {}): TransportListener =>
  createListener(listenerSchema.parse({ name: 'devices', bind, tls: 'off', accept: ['mqtt'], ...more }), {
    accept: () => undefined,
    http: undefined,
    certificates: undefined,
    telemetry: silentTelemetry,
    clock: systemClock,
  });

describe('start fails with one sentence that says what to do', () => {
  test('where the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const listener = listenerOn(`127.0.0.1:${port}`);
    await expect(listener.start(never)).rejects.toMatchObject({
      code: 'port-in-use',
      message: `listener devices: 127.0.0.1:${port} is in use by another program; stop it or change \`bind\` of this listener`,
    });
    await listener.stop(never);
    other.close();
    await once(other, 'close');
    await listener.start(never);
    await listener.stop(never);
  });

  test('where the address is not one of this machine', async () => {
    await expect(listenerOn('192.0.2.1:0').start(never)).rejects.toMatchObject({
      code: 'bind-failed',
      message: expect.stringContaining('192.0.2.1 is no address of this machine'),
    });
  });

  test('where there are no certificates', async () => {
    await expect(listenerOn('127.0.0.1:0', { tls: 'auto' }).start(never)).rejects.toMatchObject({
      code: 'start-failed',
      message: 'listener devices: tls is auto, but there are no certificates',
    });
  });
});

describe('stop', () => {
  test('works before start, twice, and lets the same listener start again', async () => {
    const listener = listenerOn('127.0.0.1:0');
    await listener.stop(never);
    await listener.start(never);
    const { port } = listener.address();
    expect(port).toBeGreaterThan(0);
    await Promise.all([listener.stop(never), listener.stop(never)]);
    await listener.start(never);
    await listener.stop(never);
  });

  test('works while it starts', async () => {
    const listener = listenerOn('localhost:0');
    const started = listener.start(never);
    await listener.stop(never);
    await expect(started).rejects.toMatchObject({ code: 'start-aborted' });
    await expect(rawClient(listener.address().port)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('accepts no more and waits for links to end', async () => {
    const server = await startListener({ tls: 'off', accept: ['mqtt'] });
    await using client = await rawClient(server.port);
    client.write(connect);
    await client.receive(connect.length);
    await using idle = await rawClient(server.port);
    const stopped = server.listener.stop(never);
    await idle.closed;
    await expect(rawClient(server.port)).rejects.toThrow(/ECONNREFUSED/);
    client.write(connect);
    await client.receive(2 * connect.length);
    const { link, closed } = await server.accepted();
    link.end();
    expect(await closed).toBe('closed by the broker');
    await stopped;
  });

  test('cuts off what is left at its deadline', async () => {
    const server = await startListener({ tls: 'off', accept: ['mqtt'] });
    await using client = await rawClient(server.port);
    client.write(connect);
    const { closed } = await server.accepted();
    const deadline = new AbortController();
    const stopped = server.listener.stop(deadline.signal);
    deadline.abort();
    await stopped;
    expect(await closed).toBe('the broker stopped');
    await client.closed;
  });

  test('closes idle HTTP connections at once and lets a busy one finish', async () => {
    let finish: (() => void) | undefined;
    const server = await startListener(
      { tls: 'off', accept: ['http'] },
      {
        http: (request, response) => {
          if (request.url === '/slow') finish = () => response.end('done');
          else response.end('fast');
        },
      },
    );
    const agent = new Agent({ keepAlive: true });
    const ask = async (path: string): Promise<NodeJS.ReadableStream> => {
      const event = await once(get({ port: server.port, path, agent }), 'response');
      return event[0];
    };
    (await ask('/fast')).resume();
    const slow = await rawClient(server.port);
    slow.write(Buffer.from('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    await using probe = await rawClient(server.port);
    probe.write(Buffer.from('GET /fast HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    await probe.receive(20);
    expect(server.listener.connections()).toBe(3);
    const stopped = server.listener.stop(never);
    await probe.closed;
    finish?.();
    await slow.closed;
    expect(slow.received().toString()).toContain('done');
    await stopped;
    agent.destroy();
  });
});
