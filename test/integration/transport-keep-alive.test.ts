import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { hex } from '../support/packet-bytes.ts';
import { connectA, rawClient } from '../support/raw-client.ts';
import { startListener } from '../support/transport-listener.ts';

const connect = hex(connectA); // asks for no keep alive

/**
 * The timer of the broker's end of the one connection to a port, as the kernel shows it.
 * @returns its kind, 2 for TCP keep-alive, and the seconds until it is due.
 */
async function kernelTimer(port: number): Promise<{ kind: number; seconds: number }> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const established = '01';
  const lines = (await readFile('/proc/net/tcp', 'latin1')).split('\n').map((line) => line.trim().split(/\s+/));
  const line = lines.find(([, address, , state]) => address?.endsWith(local) && state === established);
  const [kind = '', ticks = ''] = line?.[5]?.split(':') ?? [];
  return { kind: Number.parseInt(kind, 16), seconds: Number.parseInt(ticks, 16) / 100 };
}

/** @param config of the listener; the broker sends nothing, so that no other timer runs. */
async function timerOf(config: { tcpKeepAlive?: string }): Promise<{ kind: number; seconds: number }> {
  await using listener = await startListener({ tls: 'off', accept: ['mqtt'], ...config }, { isEcho: false });
  await using client = await rawClient(listener.port);
  client.write(connect);
  await (await listener.accepted()).receive(connect.length);
  return await kernelTimer(listener.port);
}

test.runIf(process.platform === 'linux')(
  'the system asks a silent client whether it is there, also without an MQTT keep alive',
  async () => {
    const byDefault = await timerOf({});
    expect(byDefault.kind).toBe(2);
    expect(byDefault.seconds).toBeGreaterThan(50);
    expect(byDefault.seconds).toBeLessThanOrEqual(60);
    expect((await timerOf({ tcpKeepAlive: '20s' })).seconds).toBeLessThanOrEqual(20);
    expect((await timerOf({ tcpKeepAlive: '0s' })).kind).toBe(0);
  },
);
