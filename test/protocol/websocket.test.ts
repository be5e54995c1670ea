import { describe, expect, test } from 'vitest';
import { protocolBroker } from '../support/protocol-broker.ts';
import { bytesOf } from '../support/protocol-notation.ts';
import { type RawClient, rawClient } from '../support/raw-client.ts';

const port = protocolBroker();

/** The key of RFC 6455, 1.3, and what belongs to it. */
const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const request = (protocols: string | undefined, path = '/mqtt'): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    ...(protocols === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocols}`]),
    '\r\n',
  ].join('\r\n');

/** The head of the answer, line by line. */
async function upgrade(client: RawClient, head: string): Promise<string[]> {
  client.write(Buffer.from(head));
  let size = 1;
  while (!client.received().includes('\r\n\r\n')) {
    await client.receive(size);
    size = client.received().length + 1;
  }
  return client.received().toString().split('\r\n');
}

/** Frames have a mask of zeros, so that their bytes are seen. */
const frameOf = (first: string, payload: Buffer): Buffer => {
  const wide = Buffer.alloc(9, 0xff);
  wide.writeBigUInt64BE(BigInt(payload.length), 1);
  const length = payload.length < 126 ? Buffer.of(0x80 | payload.length) : wide;
  return Buffer.concat([bytesOf(first), length, Buffer.alloc(4), payload]);
};
const frame = (first: string, notation: string): Buffer => frameOf(first, bytesOf(notation));

const connect = '10 0d 0004 "MQTT" 04 02 0000 s"w"';
const connack = '20 02 00 00';

describe('WebSocket: upgrade', () => {
  test.each([
    ['mqtt', 'mqtt'],
    ['mqttv3.1', 'mqttv3.1'],
    ['other, mqtt', 'mqtt'],
    ['mqtt, other', 'mqtt'],
  ])(
    'a client that offers %s gets %s [3.1.1 MQTT-6.0.0-3] [3.1.1 MQTT-6.0.0-4] [MQTT-6.0.0-3] [MQTT-6.0.0-4]',
    async (offered, chosen) => {
      await using client = await rawClient(port('ws'));
      const lines = await upgrade(client, request(offered));
      expect(lines[0]).toBe('HTTP/1.1 101 Switching Protocols');
      expect(lines.slice(1, -2).toSorted()).toEqual([
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${accept}`,
        `Sec-WebSocket-Protocol: ${chosen}`,
        'Upgrade: websocket',
      ]);
    },
  );

  test.each([
    [undefined, '/mqtt'],
    ['other', '/mqtt'],
    ['MQTT', '/mqtt'],
  ])('a client that offers %s at %s is refused [3.1.1 MQTT-6.0.0-3] [MQTT-6.0.0-3]', async (offered, path) => {
    await using client = await rawClient(port('ws'));
    const lines = await upgrade(client, request(offered, path));
    expect(lines[0]).toMatch(/^HTTP\/1\.1 400 /);
    await client.closed;
  });
});

/** What the broker's frames hold: the bytes of binary ones joined, and the others; the pings that it may send are left out. */
function framesIn(bytes: Buffer): { readonly data: string; readonly control: readonly string[] } {
  const data: Buffer[] = [];
  const control: string[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const isWide = bytes[at + 1] === 126;
    const begin = at + (isWide ? 4 : 2);
    if (begin > bytes.length) break; // the rest of the header is on its way
    const end = begin + (isWide ? bytes.readUInt16BE(at + 2) : (bytes[at + 1] ?? 0));
    if (bytes[at] === 0x82) data.push(bytes.subarray(begin, end));
    else if (bytes[at] !== 0x89) control.push(bytes.subarray(at, end).toString('hex'));
    at = end;
  }
  return { data: Buffer.concat(data).toString('hex'), control };
}

/** A client after its upgrade. */
interface Peer {
  readonly client: RawClient;
  /** All that came in frames. */
  frames(): ReturnType<typeof framesIn>;
  /** Waits until as much data came as is expected, and compares it. */
  expectData(notation: string): Promise<void>;
}

async function open(): Promise<Peer> {
  const client = await rawClient(port('ws'));
  await upgrade(client, request('mqtt'));
  const head = client.received().length;
  const frames = (): ReturnType<typeof framesIn> => framesIn(client.received().subarray(head));
  return {
    client,
    frames,
    async expectData(notation) {
      const expected = bytesOf(notation).toString('hex');
      while (frames().data.length < expected.length) await client.receive(client.received().length + 1);
      expect(frames().data).toBe(expected);
    },
  };
}

type FrameCase = readonly [name: string, sent: readonly Buffer[], received: string, control?: readonly string[]];

describe('WebSocket: frames', () => {
  const bytes = bytesOf(connect);
  const parts = (...ends: number[]): Buffer[] =>
    [0, ...ends].map((start, index) => frame('82', bytes.subarray(start, ends[index] ?? bytes.length).toString('hex')));
  const cases: readonly FrameCase[] = [
    ['one packet in one frame [MQTT-6.0.0-1] [3.1.1 MQTT-6.0.0-1]', [frame('82', connect)], connack],
    ['one packet over two frames [MQTT-6.0.0-2] [3.1.1 MQTT-6.0.0-2]', parts(7), connack],
    [
      'one packet over frames of one byte [MQTT-6.0.0-2] [3.1.1 MQTT-6.0.0-2]',
      parts(...Array.from({ length: 14 }, (_, at) => at + 1)),
      connack,
    ],
    [
      'two packets in one frame [MQTT-6.0.0-2] [3.1.1 MQTT-6.0.0-2]',
      [frame('82', `${connect} c0 00`)],
      `${connack} d0 00`,
    ],
    [
      'one and a half packets in a frame [MQTT-6.0.0-2] [3.1.1 MQTT-6.0.0-2]',
      [frame('82', `${connect} c0`), frame('82', '00')],
      `${connack} d0 00`,
    ],
    [
      'a message in fragments [MQTT-6.0.0-2] [3.1.1 MQTT-6.0.0-2]',
      [frame('02', '10 0d 0004 "MQ"'), frame('80', '"TT" 04 02 0000 s"w"')],
      connack,
    ],
    [
      'a ping between the fragments is answered',
      [frame('02', '10 0d 0004 "MQ"'), frame('89', '"ping"'), frame('80', '"TT" 04 02 0000 s"w"')],
      connack,
      ['8a0470696e67'],
    ],
    ['an empty frame changes nothing', [frame('82', ''), frame('82', connect)], connack],
  ];
  test.each(cases.map(([name, sent, received, control = []]) => ({ name, sent, received, control })))(
    '$name',
    async ({ sent, received, control }) => {
      const peer = await open();
      await using client = peer.client;
      for (const data of sent) client.write(data);
      await peer.expectData(received);
      client.write(frame('82', 'c0 00'));
      await peer.expectData(`${received} d0 00`);
      expect(peer.frames().control).toEqual(control);
    },
  );

  test('a message of 3,000 PUBLISH of 1 KiB is handled packet by packet: the limit is on MQTT packets [MQTT-6.0.0-2] [3.1.1 MQTT-6.0.0-2]', async () => {
    const peer = await open();
    await using client = peer.client;
    client.write(frame('82', connect));
    await peer.expectData(connack);
    const identifiers = Array.from({ length: 3_000 }, (_, index) => (index + 1).toString(16).padStart(4, '0'));
    const publishes = identifiers.map((identifier) =>
      Buffer.concat([bytesOf(`32 8508 0001 "t" ${identifier}`), Buffer.alloc(1_024)]),
    );
    client.write(frameOf('82', Buffer.concat(publishes)));
    await peer.expectData(`${connack} ${identifiers.map((identifier) => `40 02 ${identifier}`).join(' ')}`);
    expect(peer.frames().control).toEqual([]);
  });

  test('a text frame closes the connection with status 1003 [MQTT-6.0.0-1] [3.1.1 MQTT-6.0.0-1]', async () => {
    const peer = await open();
    await using client = peer.client;
    client.write(frame('81', connect));
    await client.closed;
    expect(peer.frames().data).toBe('');
    expect(peer.frames().control).toHaveLength(1);
    expect(peer.frames().control[0]).toMatch(/^88..03eb/);
  });

  test('MQTT 5: a packet that is refused is answered in a frame, then the connection closes [MQTT-4.13.1-1] [MQTT-6.0.0-1]', async () => {
    const peer = await open();
    await using client = peer.client;
    const accepted = '20 0e 00 00 0b 21 0400 27 00100000 22 0020';
    client.write(frame('82', '10 .. 0004 "MQTT" 05 02 0000 02 17 00 0001 "w"'));
    await peer.expectData(accepted);
    client.write(frame('82', '36 02 0000'));
    await peer.expectData(`${accepted} e0 01 81`);
    client.write(frame('88', '03e8'));
    await client.closed;
    expect(peer.frames().control).toEqual(['880203e8']);
  });
});
