import type { RawAttacker } from '../attacker.ts';
import type { Attack, Scenario } from '../scenario.ts';

/** HTTP and WebSocket without a sign-in. */

const pipeline: Scenario = {
  name: 'http-pipeline',
  title: '300 connections that pipeline GETs and do not read',
  isOurs: true,
  memoryMiB: 400,
  seconds: { short: 60, full: 100 },
  async run(attack) {
    const request = Buffer.from('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const slice = Buffer.concat(Array.from({ length: 200 }, () => request));
    const until = performance.now() + attack.amount(30_000, 4_000);
    const one = async (): Promise<RawAttacker | undefined> => {
      const attacker = await attack.open('any');
      attacker?.socket.pause();
      while (attacker !== undefined && performance.now() < until && !attack.signal.aborted) {
        const isTaken = await Promise.race([attacker.send(slice, 0), attack.pause(1_000).then(() => false)]);
        if (!isTaken) break;
      }
      return attacker;
    };
    const attackers = await Promise.all(Array.from({ length: 300 }, one));
    if (attack.isShort) return [];
    await attack.pause(Math.max(0, until + 60_000 - performance.now()));
    for (const attacker of attackers) attacker?.socket.resume();
    await attack.pause(1_000);
    const left = attackers.filter((attacker) => attacker?.isClosed === false).length;
    return left === 0 ? [] : [`${left} connections that do not read were open after a minute`];
  },
};

/** @returns the status line */
async function ask(attack: Attack, headers: readonly string[]): Promise<string> {
  const attacker = await attack.open('any');
  if (attacker === undefined) return 'refused';
  const { socket } = attacker;
  const answered = new Promise<string>((resolve) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1').split('\r\n')[0] ?? ''));
    socket.once('close', () => resolve('closed'));
  });
  await attacker.send(Buffer.from(`${headers.join('\r\n')}\r\n\r\n`), 0);
  const status = await answered;
  attacker.end();
  return status;
}

const upgrade = (...more: string[]): string[] => [
  'GET /mqtt HTTP/1.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: mqtt',
  ...more,
];

const origins: Scenario = {
  name: 'foreign-origin',
  title: 'a page from elsewhere opens a WebSocket; a foreign name in Host',
  isOurs: true,
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const host = `Host: localhost:${attack.broker.ports.get('any')}`;
    const own = `Origin: http://localhost:${attack.broker.ports.get('any')}`;
    const cases = [
      ['a foreign Origin', upgrade(host, 'Origin: https://evil.example'), / 403 /],
      ['an opaque Origin', upgrade(host, 'Origin: null'), / 403 /],
      ['its own Origin', upgrade(host, own), / 101 /],
      ['no Origin', upgrade(host), / 101 /],
      ['a foreign Host', ['GET /healthz HTTP/1.1', 'Host: evil.example', 'Connection: close'], / 4\d\d /],
      ['its own Host', ['GET /healthz HTTP/1.1', host, 'Connection: close'], / 200 /],
    ] as const;
    const faults: string[] = [];
    for (const [what, headers, expected] of cases) {
      const status = await ask(attack, headers);
      if (!expected.test(status)) faults.push(`a request with ${what} was answered with "${status}"`);
    }
    return faults;
  },
};

export const http: readonly Scenario[] = [pipeline, origins];
