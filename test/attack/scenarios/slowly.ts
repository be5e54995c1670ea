import { readFileSync } from 'node:fs';
import { generate } from 'mqtt-packet';
import { upgradeRequest } from '../../fuzz/websocket.ts';
import { hex, join } from '../../support/packet-bytes.ts';
import { connectPacket, type RawAttacker } from '../attacker.ts';
import { listenersWith } from '../broker.ts';
import type { Attack, Scenario } from '../scenario.ts';
import { allClosed, openMany } from './closing.ts';

/** Connections that never become clients: they stop half way, or go on one byte at a time. */

/** A ClientHello that says it is 512 bytes long; the part that is sent never is. */
const hello = hex(`160301020001000 1fc0303${'5a'.repeat(400)}`);
const beginningOfHello = hello.subarray(0, 60);

/** @returns those that the broker took, in the middle of their handshake */
const openHalf = (attack: Attack, count: number): Promise<RawAttacker[]> =>
  openMany(attack, count, async () => {
    const attacker = await attack.openPlain('tls');
    await attacker?.send(beginningOfHello, 0);
    return attacker;
  });

/** Whether a client that behaves is let in on the same port meanwhile. */
async function letsInOverTls(attack: Attack): Promise<string[]> {
  const proper = await attack.connect({ clientId: 'proper' }, 'tls');
  const isServed = (await proper?.answers()) === true;
  proper?.end();
  return isServed ? [] : ['a client that ends its handshake was not let in'];
}

const halfOpen: Scenario = {
  name: 'half-open-handshakes',
  title: '2,000 connections to the TLS port that stop in the middle of their ClientHello',
  isOurs: true,
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const opened = await openHalf(attack, attack.amount(2_000, 500));
    const faults = await letsInOverTls(attack);
    return [...faults, ...(await allClosed(attack, opened, 'half-open handshakes'))];
  },
};

const most = 10_000;
/** Of this process for everything else. */
const otherFiles = 500;

/** Files that this process may have open. Node raises the soft limit to the hard one. */
function maxOpenFiles(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? most + otherFiles);
}

const tenThousand: Scenario = {
  name: `half-open-${most}`,
  title: '10,000 of them at one time, where the broker has room for all',
  isOurs: true,
  config: { listeners: listenersWith({ handshakeTimeout: '15s', maxPending: 16_384 }) },
  memoryMiB: 800,
  seconds: { short: 60, full: 120 },
  notShort: 'it takes half a minute and more files than some systems let a process open',
  async run(attack) {
    const room = maxOpenFiles() - otherFiles;
    const count = Math.min(most, room);
    if (count < most)
      attack.say(`${count} connections: this system lets a process open ${room + otherFiles} files (ulimit -n)`);
    const opened = await openHalf(attack, count);
    const atOnce = opened.filter((attacker) => !attacker.isClosed).length;
    const faults = atOnce < count ? [`only ${atOnce} of ${count} handshakes were open at one time`] : [];
    faults.push(...(await letsInOverTls(attack)));
    return [...faults, ...(await allClosed(attack, opened, 'half-open handshakes', 30_000))];
  },
};

interface Slow {
  readonly what: string;
  readonly open: (attack: Attack) => Promise<RawAttacker | undefined>;
  /** The part that is sent next, for as long as the connection is open. */
  readonly part: (index: number) => Buffer;
}

const connect = generate(connectPacket({ clientId: 'slow'.repeat(100) }));
const byteOf =
  (bytes: Buffer) =>
  (index: number): Buffer =>
    bytes.subarray(index % (bytes.length - 1), (index % (bytes.length - 1)) + 1); // all but the last

async function openWebSocket(attack: Attack): Promise<RawAttacker | undefined> {
  const attacker = await attack.open('any');
  await attacker?.send(upgradeRequest(), 0);
  return attacker;
}

const headers = Buffer.from(`GET /mqtt HTTP/1.1\r\nHost: localhost\r\nX-Slow: ${'s'.repeat(1_000)}\r\n`);
/** A binary frame of 256 MiB, masked with zeros. [RFC 6455 5.2] */
const longFrame = join(hex('82ff0000000010000000 00000000'), connect);
/** A message of no bytes in fragments without end. [RFC 6455 5.4] */
const fragment = (index: number): Buffer => hex(index === 0 ? '0280 00000000' : '0080 00000000');

const slow: readonly Slow[] = [
  { what: 'a TLS handshake', open: (attack) => attack.openPlain('tls'), part: byteOf(hello) },
  { what: 'CONNECT', open: (attack) => attack.open('tcp'), part: byteOf(connect) },
  { what: 'CONNECT over TLS', open: (attack) => attack.open('tls'), part: byteOf(connect) },
  { what: 'a WebSocket upgrade', open: (attack) => attack.open('any'), part: byteOf(headers) },
  { what: 'a WebSocket frame', open: openWebSocket, part: byteOf(longFrame) },
  { what: 'a WebSocket message', open: openWebSocket, part: fragment },
];

/** Sends a part after the other until all are closed. */
async function drip(attack: Attack, { what, open, part }: Slow): Promise<string[]> {
  const attackers = await openMany(attack, attack.amount(100, 40), () => open(attack));
  if (attackers.length === 0) return [`no connection for ${what} was taken`];
  const isOver = new AbortController();
  const dripping = (async () => {
    for (let index = 0; !isOver.signal.aborted; index++) {
      await Promise.all(attackers.map((attacker) => attacker.send(part(index), 0)));
      await attack.pause(100);
    }
  })();
  const faults = await allClosed(attack, attackers, `connections with ${what}, one byte at a time,`);
  isOver.abort();
  await dripping;
  return faults;
}

const byteAtATime: Scenario = {
  name: 'byte-at-a-time',
  title: '600 connections that send handshake, CONNECT, WebSocket upgrade or frame one byte at a time, never complete',
  isOurs: true,
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  run: async (attack) => (await Promise.all(slow.map((kind) => drip(attack, kind)))).flat(),
};

export const slowly: readonly Scenario[] = [halfOpen, tenThousand, byteAtATime];
