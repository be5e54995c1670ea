import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message, MessageProperties } from '../../plane/message.ts';
import type { HeaderList } from '../link.ts';
import { messageToHeaders, readHeaders, withId } from './headers.ts';

const message = (more: Partial<Message> = {}): Message => ({
  topic: 'a',
  payload: new Uint8Array(),
  qos: 0,
  retain: false,
  origin: { kind: 'client', clientId: 'c' },
  ...more,
});
const withUserProperties = (userProperties: [string, string][]) => message({ properties: { userProperties } });

describe('towards NATS', () => {
  test('a QoS 0 message without properties carries its origin only', () => {
    expect(messageToHeaders(message(), ['n1'])).toEqual([['Mqtt-Bridge-Origin', 'n1']]);
  });

  test('everything else that a PUBLISH says has a header', () => {
    const headers = messageToHeaders(
      message({
        qos: 2,
        retain: true,
        properties: {
          payloadFormatIndicator: 1,
          messageExpiryInterval: 60,
          contentType: 'text/plain; a=100%',
          responseTopic: 'reply/é ',
          correlationData: Uint8Array.of(0, 255),
          userProperties: [
            ['a', '1'],
            ['a', '2'],
            ['B', ''],
          ],
        },
      }),
      ['n0', 'n1'],
    );
    expect(headers).toEqual([
      ['Mqtt-Bridge-Origin', 'n0,n1'],
      ['Mqtt-Qos', '2'],
      ['Mqtt-Retain', '1'],
      ['Mqtt-Payload-Format', '1'],
      ['Mqtt-Message-Expiry', '60'],
      ['Mqtt-Content-Type', 'text/plain; a=100%25'],
      ['Mqtt-Response-Topic', 'reply/é%20'],
      ['Mqtt-Correlation-Data', 'AP8='],
      ['a', '1'],
      ['a', '2'],
      ['B', ''],
    ]);
  });

  test.each<[string, [string, string][]]>([
    ['a key that is no header name', [['a b', '1']]],
    ['a key with a colon', [['a:b', '1']]],
    ['an empty key', [['', '1']]],
    ['a name of ours', [['mqtt-qos', '2']]],
    ['a name of NATS', [['Nats-Rollup', 'all']]],
    ['a name that Go clients read as a status', [['Status', '503']]],
    ['a line break in a value', [['a', '1\r\nNats-Rollup: all']]],
    ['a space at an end of a value', [['a', ' 1']]],
    [
      'a key that returns after another',
      [
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ],
    ],
    ['more properties than libraries can take as names', Array.from({ length: 65 }, (_, i) => [`k${i}`, ''])],
  ])('%s sends all user properties encoded (MQTT-3.3.2-18)', (_, list) => {
    const headers = messageToHeaders(withUserProperties([...list, ['plain', 'é']]), ['n']).slice(1);
    expect(headers.every(([name, value]) => name === 'Mqtt-User-Property' && /^[!-~]*$/.test(value))).toBe(true);
    expect(readHeaders(headers).properties?.userProperties).toEqual([...list, ['plain', 'é']]);
  });

  test('what JetStream reads goes first as a header of its own too, each once, and comes back once (MQTT-3.3.2-18)', () => {
    const list: [string, string][] = [
      ['text', 'Nats-Msg-Id: no'],
      ['nats-msg-id', 'order-7'],
      ['Nats-Msg-Id', 'order-8'],
      ['Nats-Expected-Last-Sequence', '41'],
      ['Nats-Expected-Stream', 'not legal'],
      ['Nats-Rollup', 'all'],
    ];
    const headers = messageToHeaders(withUserProperties(list), ['n']);
    expect(headers.slice(0, 3)).toEqual([
      ['Nats-Msg-Id', 'order-7'],
      ['Nats-Expected-Last-Sequence', '41'],
      ['Mqtt-Bridge-Origin', 'n'],
    ]);
    expect(headers.slice(3).map(([name]) => name)).toEqual(list.map(() => 'Mqtt-User-Property'));
    expect(readHeaders(headers).properties?.userProperties).toEqual(list);
    expect(readHeaders([['Nats-Msg-Id', 'of another']]).properties?.userProperties).toEqual([
      ['Nats-Msg-Id', 'of another'],
    ]);
    expect(withId(headers, 'mine')).toBe(headers);
    expect(withId([['Mqtt-Bridge-Origin', 'n']], 'mine')[0]).toEqual(['Nats-Msg-Id', 'mine']);
  });

  test('any properties come back as they were, through a library that groups names and trims values', () => {
    const text = fc.string({ unit: 'binary', maxLength: 12 }).map((value) => value.replaceAll('\u0000', ''));
    const key = fc.oneof(fc.constantFrom('a', 'b', 'A', 'Nats-Msg-Id', 'Mqtt-Qos'), text);
    const properties = fc.record(
      {
        payloadFormatIndicator: fc.constantFrom(0 as const, 1 as const),
        messageExpiryInterval: fc.nat({ max: 0xff_ff_ff_ff }),
        contentType: text,
        responseTopic: text.map((value) => `r${value.replace(/[+#]/g, '')}`),
        correlationData: fc.uint8Array({ maxLength: 20 }),
        userProperties: fc.array(fc.tuple(key, text), { minLength: 1, maxLength: 6 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        properties,
        fc.constantFrom(0 as const, 1 as const, 2 as const),
        fc.boolean(),
        (given, qos, retain) => {
          const read = readHeaders(
            throughLibrary(messageToHeaders(message({ qos, retain, properties: given }), ['n1'])),
          );
          expect(read.invalid).toEqual([]);
          expect(read.nodes).toEqual(['n1']);
          expect([read.qos ?? 0, read.retain]).toEqual([qos, retain]);
          expect(normal(read.properties)).toEqual(normal(given));
        },
      ),
    );
  });
});

describe('from NATS', () => {
  test('a message without headers says nothing', () => {
    expect(readHeaders(undefined)).toEqual({
      qos: undefined,
      retain: false,
      properties: undefined,
      nodes: undefined,
      invalid: [],
    });
  });

  test('foreign headers become user properties in their order, Nats-Msg-Id included', () => {
    const list: HeaderList = [
      ['Nats-Msg-Id', '7'],
      ['traceparent', '00-x'],
      ['traceparent', '00-y'],
    ];
    expect(readHeaders(list).properties).toEqual({ userProperties: list });
  });

  test('names are matched in any case', () => {
    expect(
      readHeaders([
        ['mqtt-qos', '2'],
        ['MQTT-RETAIN', 'true'],
      ]),
    ).toMatchObject({ qos: 2, retain: true });
  });

  test('values that cannot be used are left out and named', () => {
    const read = readHeaders([
      ['Mqtt-Qos', '3'],
      ['Mqtt-Retain', 'maybe'],
      ['Mqtt-Payload-Format', '2'],
      ['Mqtt-Message-Expiry', '4294967296'],
      ['Mqtt-Message-Expiry', '-1'],
      ['Mqtt-Content-Type', '%E0'],
      ['Mqtt-Response-Topic', 'a/#'],
      ['Mqtt-Correlation-Data', 'not base64!'],
      ['Mqtt-User-Property', 'novalue'],
      ['Mqtt-Bridge-Origin', 'a,,b'],
      ['Mqtt-Invented', '1'],
      ['x', 'a\u0000'],
    ]);
    expect(read).toEqual({
      qos: undefined,
      retain: false,
      properties: undefined,
      nodes: undefined,
      invalid: [
        'qos',
        'retain',
        'payloadFormat',
        'messageExpiry',
        'messageExpiry',
        'contentType',
        'responseTopic',
        'correlationData',
        'userProperty',
        'origin',
        'unknown',
        'foreign',
      ],
    });
  });

  test('nodes of several origin headers are one path, however long', () => {
    expect(
      readHeaders([
        ['Mqtt-Bridge-Origin', 'a, b'],
        ['Mqtt-Bridge-Origin', 'c'],
      ]).nodes,
    ).toEqual(['a', 'b', 'c']);
    expect(readHeaders([['Mqtt-Bridge-Origin', 'a,'.repeat(500_000).concat('a')]]).nodes).toHaveLength(500_001);
  });
});

/** What nats.js does to a list on its way: values of one name together, white space at their ends removed. */
function throughLibrary(list: HeaderList): HeaderList {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of list) grouped.set(name, [...(grouped.get(name) ?? []), value.trim()]);
  return [...grouped].flatMap(([name, values]) => values.map((value) => [name, value] as const));
}

function normal(properties: MessageProperties | undefined): unknown {
  const { correlationData, ...others } = properties ?? {};
  return { ...others, ...(correlationData === undefined ? {} : { correlationData: [...correlationData] }) };
}
