import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NatsServer, StartNats } from './nats-process.ts';
import { type NatsRawClient, natsRawClient } from './nats-raw-client.ts';

const quiet = 'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\n';
const noHeaders = 'CONNECT {"verbose":false,"pedantic":false}\r\n';
const pedantic = 'CONNECT {"verbose":false,"pedantic":true}\r\n';
const verbose = 'CONNECT {"verbose":true,"pedantic":false,"headers":true}\r\n';
const noEcho = 'CONNECT {"verbose":false,"headers":true,"no_responders":true,"echo":false}\r\n';
const hi = (subject: string) => `PUB ${subject} 2\r\nhi\r\n`;
const headed = 'NATS/1.0\r\nA: b\r\n\r\n';
const unavailable = 'NATS/1.0 503\r\n\r\n\r\n';

/** What one client sends, and what it is answered: all bytes before the PONG of a PING that follows. */
const answered: [name: string, sent: string, received: string][] = [
  ['CONNECT is verbose unless it says otherwise', 'CONNECT {}\r\n', '+OK\r\n'],
  ['without CONNECT a client is served, and told +OK', 'SUB a 1\r\n', '+OK\r\n'],
  [
    'verbose: each of CONNECT, SUB, PUB, HPUB and UNSUB is answered by +OK, before its message',
    `${verbose}SUB a 1\r\n${hi('a')}HPUB a 18 20\r\n${headed}hi\r\nUNSUB 1\r\nUNSUB 9\r\nSUB b 2\r\nSUB b 2\r\n`,
    `+OK\r\n+OK\r\n+OK\r\nMSG a 1 2\r\nhi\r\n+OK\r\nHMSG a 1 18 20\r\n${headed}hi\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n`,
  ],
  ['verbose: a refused SUB is answered by -ERR alone', `${verbose}SUB a..b 1\r\n`, "+OK\r\n-ERR 'Invalid Subject'\r\n"],
  ['a second CONNECT changes the first', `${quiet}CONNECT {"verbose":true}\r\n`, '+OK\r\n'],
  [
    'CONNECT may name fields in any case, null and unknown ones',
    'CONNECT {"VERBOSE":false,"x":[],"name":null}\r\n',
    '',
  ],
  ['credentials are accepted where none are asked for', 'CONNECT {"verbose":false,"user":"u","pass":"p"}\r\n', ''],
  ['operations may be lower case', `${quiet}sub a 1\r\npub a 2\r\nhi\r\nping\r\n`, 'MSG a 1 2\r\nhi\r\nPONG\r\n'],
  ['blanks may be tabs and several', `${quiet}SUB  \ta \t 1 \r\nPUB\ta   2 \r\nhi\r\n`, 'MSG a 1 2\r\nhi\r\n'],
  ['INFO, +OK and PONG of a client are ignored', `${quiet}INFO {}\r\n+OK\r\nPONG\r\n`, ''],
  ['a reply subject travels along', `${quiet}SUB a 1\r\nPUB a r.x 2\r\nhi\r\n`, 'MSG a 1 r.x 2\r\nhi\r\n'],
  ['a payload may be empty', `${quiet}SUB a 1\r\nPUB a 0\r\n\r\n`, 'MSG a 1 0\r\n\r\n'],
  ['a payload may hold line ends', `${quiet}SUB a 1\r\nPUB a 6\r\n\r\nPI\r\n\r\n`, 'MSG a 1 6\r\n\r\nPI\r\n\r\n'],
  ['a subject may be UTF-8', `${quiet}SUB Ã¤.* 1\r\n${hi('Ã¤.Ã\u009f')}`, 'MSG Ã¤.Ã\u009f 1 2\r\nhi\r\n'],
  ['a sid may be any word', `${quiet}SUB a x-1\r\n${hi('a')}`, 'MSG a x-1 2\r\nhi\r\n'],
  [
    'two subscriptions of one subject get a copy each',
    `${quiet}SUB a 1\r\nSUB a 2\r\n${hi('a')}`,
    'MSG a 1 2\r\nhi\r\nMSG a 2 2\r\nhi\r\n',
  ],
  ['a sid in use keeps its first subject', `${quiet}SUB a 1\r\nSUB b 1\r\n${hi('b')}${hi('a')}`, 'MSG a 1 2\r\nhi\r\n'],
  [
    '* is one token, > the rest',
    `${quiet}SUB a.* 1\r\nSUB a.b.> 2\r\n${hi('a.b')}${hi('a.b.c')}${hi('a')}${hi('a.b.c.d')}`,
    'MSG a.b 1 2\r\nhi\r\nMSG a.b.c 2 2\r\nhi\r\nMSG a.b.c.d 2 2\r\nhi\r\n',
  ],
  [
    '* and > inside a token are ordinary',
    `${quiet}SUB a*b 1\r\nSUB a>b 2\r\n${hi('axb')}${hi('a*b')}${hi('a>b')}`,
    'MSG a*b 1 2\r\nhi\r\nMSG a>b 2 2\r\nhi\r\n',
  ],
  ['$ subjects are matched by wildcards', `${quiet}SUB > 1\r\n${hi('$SYS.x')}`, 'MSG $SYS.x 1 2\r\nhi\r\n'],
  ...['a..b', '.a', 'a.', 'a.>.b'].map((subject): [string, string, string] => [
    `${subject} cannot be subscribed to`,
    `${quiet}SUB ${subject} 1\r\n`,
    "-ERR 'Invalid Subject'\r\n",
  ]),
  ...['a..b', '.a', 'a.'].map((subject): [string, string, string] => [
    `a message on ${subject} reaches nobody`,
    `${quiet}SUB > 1\r\n${hi(subject)}`,
    '',
  ]),
  [
    'a wildcard published to is an ordinary token',
    `${quiet}SUB a.b 1\r\nSUB a.* 2\r\n${hi('a.*')}`,
    'MSG a.* 2 2\r\nhi\r\n',
  ],
  [
    'pedantic: it is reported and delivered',
    `${pedantic}SUB a.> 1\r\n${hi('a.*')}`,
    "-ERR 'Invalid Publish Subject'\r\nMSG a.* 1 2\r\nhi\r\n",
  ],
  ['pedantic: an empty token is reported', `${pedantic}SUB > 1\r\n${hi('a..b')}`, "-ERR 'Invalid Publish Subject'\r\n"],
  ['UNSUB ends a subscription', `${quiet}SUB a 1\r\nUNSUB 1\r\n${hi('a')}`, ''],
  [
    'UNSUB with a count ends it after so many in all',
    `${quiet}SUB a 1\r\n${hi('a')}UNSUB 1 2\r\n${hi('a')}${hi('a')}`,
    'MSG a 1 2\r\nhi\r\nMSG a 1 2\r\nhi\r\n',
  ],
  [
    'UNSUB with a count that is reached ends it at once',
    `${quiet}SUB a 1\r\n${hi('a')}${hi('a')}UNSUB 1 2\r\n${hi('a')}`,
    'MSG a 1 2\r\nhi\r\nMSG a 1 2\r\nhi\r\n',
  ],
  ['UNSUB after UNSUB with a count ends it at once', `${quiet}SUB a 1\r\nUNSUB 1 5\r\nUNSUB 1\r\n${hi('a')}`, ''],
  ['UNSUB with a count that is no number ends it at once', `${quiet}SUB a 1\r\nUNSUB 1 x\r\n${hi('a')}`, ''],
  [
    'headers travel along',
    `${quiet}SUB a 1\r\nHPUB a r 18 20\r\n${headed}hi\r\n`,
    `HMSG a 1 r 18 20\r\n${headed}hi\r\n`,
  ],
  ['headers are not looked at', `${quiet}SUB a 1\r\nHPUB a 4 6\r\nxxxxhi\r\n`, 'HMSG a 1 4 6\r\nxxxxhi\r\n'],
  ['headers of no length make a plain message', `${quiet}SUB a 1\r\nHPUB a 0 2\r\nhi\r\n`, 'MSG a 1 2\r\nhi\r\n'],
  ['no echo: a client does not get its own messages', `${noEcho}SUB a 1\r\nSUB a q 2\r\n${hi('a')}`, ''],
  [
    'one member of a queue gets a message',
    `${quiet}SUB a 1\r\nSUB a q 2\r\nSUB a.> q 3\r\n${hi('a')}${hi('a.b')}`,
    'MSG a 1 2\r\nhi\r\nMSG a 2 2\r\nhi\r\nMSG a.b 3 2\r\nhi\r\n',
  ],
  [
    'nobody listens: the requester is told',
    `${quiet}SUB r.* 7\r\nPUB nobody r.5 0\r\n\r\n`,
    `HMSG r.5 7 16 16\r\n${unavailable}`,
  ],
  [
    'nobody but itself without echo listens: told too',
    `${noEcho}SUB r 1\r\nSUB a 2\r\nPUB a r 0\r\n\r\n`,
    `HMSG r 1 16 16\r\n${unavailable}`,
  ],
  [
    'being told does not count as a message',
    `${quiet}SUB r 1\r\nUNSUB 1 1\r\nPUB no r 0\r\n\r\nPUB no r 0\r\n\r\n`,
    `HMSG r 1 16 16\r\n${unavailable}HMSG r 1 16 16\r\n${unavailable}`,
  ],
  ['nobody listens, and nobody asked to be told', `${noHeaders}SUB r 1\r\nPUB nobody r 0\r\n\r\n`, ''],
  ['arguments of 4096 bytes are allowed', `${quiet}SUB ${'a'.repeat(4_094)} 1\r\n`, ''],
];

/** What ends the connection, and the last words of the server. */
const ended: [name: string, sent: string, received: string][] = [
  ['an unknown operation', `${quiet}FOO\r\n`, "-ERR 'Unknown Protocol Operation'\r\n"],
  ['an unknown operation before CONNECT', 'FOO\r\n', "-ERR 'Unknown Protocol Operation'\r\n"],
  ['an empty line', `${quiet}\r\n`, "-ERR 'Unknown Protocol Operation'\r\n"],
  ['what only servers say', `${quiet}MSG a 1 2\r\nhi\r\n`, "-ERR 'Unknown Protocol Operation'\r\n"],
  ['HTTP GET', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', "-ERR 'Unknown Protocol Operation'\r\n"],
  ['HTTP POST', 'POST / HTTP/1.1\r\nHost: x\r\n\r\n', "-ERR 'Unknown Protocol Operation'\r\n"],
  ['PUB without arguments', `${quiet}PUB\r\n`, "-ERR 'Unknown Protocol Operation'\r\n"],
  ['a payload longer than announced', `${quiet}PUB a 2\r\nhello\r\n`, "-ERR 'Unknown Protocol Operation'\r\n"],
  ['a payload that does not end in CR LF', `${quiet}PUB a 2\r\nhi\nPING\r\n`, "-ERR 'Unknown Protocol Operation'\r\n"],
  [
    'a protocol line over 4096 bytes',
    `${quiet}SUB ${'a'.repeat(4_095)} 1\r\n`,
    "-ERR 'maximum control line exceeded'\r\n",
  ],
  ['a protocol line that never ends', `${quiet}SUB ${'a'.repeat(9_000)}`, "-ERR 'maximum control line exceeded'\r\n"],
  [
    'a CONNECT over 4096 bytes',
    `CONNECT {"name":"${'a'.repeat(5_000)}"}\r\n`,
    "-ERR 'maximum control line exceeded'\r\n",
  ],
  ['a payload over the limit', `${quiet}PUB a 1048577\r\n`, "-ERR 'Maximum Payload Violation'\r\n"],
  ['headers and payload over the limit', `${quiet}HPUB a 12 1048577\r\n`, "-ERR 'Maximum Payload Violation'\r\n"],
  [
    'no_responders without headers',
    'CONNECT {"verbose":false,"no_responders":true}\r\n',
    "-ERR 'no responders requires headers support'\r\n",
  ],
  ['an unknown protocol version', 'CONNECT {"verbose":false,"protocol":99}\r\n', "-ERR 'invalid client protocol'\r\n"],
  ['a CONNECT that is no JSON', 'CONNECT {x\r\n', ''],
  ['a CONNECT with a field of the wrong type', 'CONNECT {"verbose":"x"}\r\n', ''],
  ['an error of the client', `${quiet}-ERR 'x'\r\n`, ''],
  ['headers that were not asked for', `${noHeaders}HPUB a 18 20\r\n${headed}hi\r\n`, ''],
  ['headers longer than the whole', `${quiet}HPUB a 14 12\r\n`, ''],
  ...['PUB a', 'PUB a b c 1', 'PUB a x', 'PUB a -1', 'PUB a +1', 'PUB a 0x1', 'PUB a 9999999999'].map(
    (line): [string, string, string] => [`the line ${line}`, `${quiet}${line}\r\n`, ''],
  ),
  ...['SUB a', 'SUB a b c d', 'UNSUB 1 2 3', 'HPUB a 1', 'HPUB a x 2', 'HPUB a -1 2'].map(
    (line): [string, string, string] => [`the line ${line}`, `${quiet}${line}\r\n`, ''],
  ),
];

/** Lines of MSG and payload in an order that does not depend on how subscriptions are kept. */
const sorted = (wire: string): string[] => wire.split(/(?=H?MSG )/).sort();

export function rawCases(start: StartNats): void {
  let server: NatsServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const connected = async (connect = quiet): Promise<NatsRawClient> => {
    const client = await natsRawClient(server.port);
    await client.exchange(connect);
    return client;
  };

  test('INFO greets with what clients need to know', async () => {
    await using client = await natsRawClient(server.port);
    expect(client.info).toMatchObject({
      server_id: expect.stringMatching(/^N[A-Z0-9]{55}$/),
      server_name: expect.any(String),
      version: expect.stringMatching(/^2\.9\.10/),
      proto: 1,
      headers: true,
      max_payload: 1_048_576,
      host: '127.0.0.1',
      port: server.port,
      client_id: expect.any(Number),
      client_ip: '127.0.0.1',
    });
    expect(client.info).not.toMatchObject({ jetstream: true });
    expect(client.info).not.toHaveProperty('auth_required');
  });

  describe('the exact answer', () => {
    test.each(answered)('%s', async (_name, sent, received) => {
      await using client = await natsRawClient(server.port);
      // Chatter about the own PING is of no interest: `exchange` ends at the first PONG.
      const wire = await client.exchange(sent.replace(/ping\r\n$/, ''));
      const last = sent.endsWith('ping\r\n') ? received.replace(/PONG\r\n$/, '') : received;
      expect(sorted(wire)).toEqual(sorted(last));
    });

    test('byte by byte the answer is the same', async () => {
      await using client = await natsRawClient(server.port);
      for (const byte of `${quiet}SUB a 1\r\nPUB a r 2\r\nhi\r\nHPUB a 18 20\r\n${headed}hi\r\n`) client.send(byte);
      expect(await client.exchange('')).toBe(`MSG a 1 r 2\r\nhi\r\nHMSG a 1 18 20\r\n${headed}hi\r\n`);
    });
  });

  describe('the connection is closed for', () => {
    test.each(ended)('%s', async (_name, sent, received) => {
      await using client = await natsRawClient(server.port);
      expect(await client.untilClosed(sent)).toBe(received);
    });
  });

  describe('between clients', () => {
    test('headers are taken off for one that did not ask for them', async () => {
      await using old = await connected(noHeaders);
      await using publisher = await connected();
      await old.exchange('SUB a 1\r\n');
      await publisher.exchange(`HPUB a r 18 20\r\n${headed}hi\r\nHPUB a 18 18\r\n${headed}\r\n`);
      expect(await old.exchange('')).toBe('MSG a 1 r 2\r\nhi\r\nMSG a 1 0\r\n\r\n');
    });

    test('a message of the largest size passes unchanged', async () => {
      await using subscriber = await connected();
      await using publisher = await connected();
      await subscriber.exchange('SUB large 1\r\n');
      const payload = 'abcdefg\n'.repeat(131_072);
      await publisher.exchange(`PUB large 1048576\r\n${payload}\r\n`);
      expect(await subscriber.exchange('')).toBe(`MSG large 1 1048576\r\n${payload}\r\n`);
    });

    test('a subscription ends with its client', async () => {
      await using requester = await connected();
      const listener = await connected();
      await listener.exchange('SUB gone 1\r\n');
      await requester.exchange('SUB r 1\r\n');
      expect(await requester.exchange('PUB gone r 0\r\n\r\n')).toBe('');
      await listener[Symbol.asyncDispose]();
      const told = `HMSG r 1 16 16\r\n${unavailable}`;
      await expect.poll(() => requester.exchange('PUB gone r 0\r\n\r\n')).toBe(told);
    });

    test('what a client asked for last is still answered when it has ended its side', async () => {
      await using publisher = await connected();
      await using subscriber = await connected();
      await subscriber.exchange('SUB last 1\r\n');
      publisher.send(hi('last'));
      publisher.end();
      expect(await subscriber.waitFor('hi\r\n')).toBe('MSG last 1 2\r\nhi\r\n');
    });

    test('the messages of one publisher keep their order', async () => {
      await using publisher = await connected();
      await using subscriber = await connected();
      await subscriber.exchange('SUB order.* 1\r\n');
      const numbers = Array.from({ length: 5_000 }, (_, index) => String(index));
      await publisher.exchange(numbers.map((each) => `PUB order.${each} ${each.length}\r\n${each}\r\n`).join(''));
      const expected = numbers.map((each) => `MSG order.${each} 1 ${each.length}\r\n${each}\r\n`).join('');
      expect(await subscriber.exchange('')).toBe(expected);
    });
  });
}
