import * as fc from 'fast-check';
import { generate, type Packet, parser } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { parseConnect } from './connect.ts';
import { parsePublish } from './publish.ts';
import { validatePacket } from './validate.ts';

const write = (packet: Packet, version: 3 | 4 | 5): Buffer => generate(packet, { protocolVersion: version });

const words = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0'));
const topics = fc.string({ unit: fc.constantFrom('/', 'a', 'ä', '€', '😀', '$', ' '), minLength: 1, maxLength: 20 });
const filters = fc
  .tuple(
    fc.array(fc.constantFrom('', 'a', '+', 'ä', '$x'), { maxLength: 5 }),
    fc.constantFrom('#', 'b', '+', 'é'),
    fc.constantFrom('', '$share/g/'),
  )
  .map(([levels, last, prefix]) => prefix + [...levels, last].join('/'));
const bytes = fc.uint8Array({ maxLength: 20 }).map((list) => Buffer.from(list));
const ids = fc.integer({ min: 1, max: 65_535 });
const seconds = fc.integer({ min: 0, max: 0xffff_ffff });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const versions = fc.constantFrom(3 as const, 4 as const, 5 as const);
const userProperties = fc.dictionary(
  words.filter((key) => key !== '__proto__'),
  words,
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
);

const publishProperties = fc.record(
  {
    messageExpiryInterval: seconds,
    topicAlias: ids,
    responseTopic: topics,
    correlationData: bytes,
    userProperties,
    contentType: words,
  },
  { requiredKeys: [] },
);
const willProperties = fc.record(
  {
    willDelayInterval: seconds,
    messageExpiryInterval: seconds,
    contentType: words,
    responseTopic: topics,
    correlationData: bytes,
    userProperties,
  },
  { requiredKeys: [] },
);
const connectProperties = fc.record(
  {
    sessionExpiryInterval: seconds,
    receiveMaximum: ids,
    maximumPacketSize: fc.integer({ min: 1, max: 0xffff_ffff }),
    topicAliasMaximum: fc.integer({ min: 0, max: 65_535 }),
    requestResponseInformation: fc.boolean(),
    requestProblemInformation: fc.boolean(),
    userProperties,
    authenticationMethod: words,
  },
  { requiredKeys: [] },
);

describe('packets that another implementation writes are taken', () => {
  test('CONNECT', () => {
    const wills = fc.option(
      fc.record({ topic: topics, payload: bytes, qos, retain: fc.boolean(), properties: willProperties }),
      { nil: undefined },
    );
    const credentials = fc.option(
      fc.record({ username: words.filter((text) => text !== ''), password: bytes.filter((text) => text.length > 0) }),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        versions,
        words.filter((text) => text !== ''),
        fc.boolean(),
        fc.integer({ min: 0, max: 65_535 }),
        wills,
        credentials,
        connectProperties,
        (version, clientId, clean, keepalive, will, login, properties) => {
          const frame = write(
            {
              cmd: 'connect',
              protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
              protocolVersion: version,
              clientId,
              clean,
              keepalive,
              ...(will === undefined ? {} : { will: version === 5 ? will : { ...will, properties: {} } }),
              ...login,
              ...(version === 5 ? { properties } : {}),
            },
            version,
          );
          expect(parseConnect(frame)).toMatchObject({
            version,
            clientId,
            isCleanStart: clean,
            keepAliveSeconds: keepalive,
            username: login?.username,
            passwordBytes: login?.password.length,
            will:
              will === undefined
                ? undefined
                : { topic: will.topic, qos: will.qos, isRetained: will.retain, payloadBytes: will.payload.length },
            receiveMaximum: (version === 5 ? properties.receiveMaximum : undefined) ?? 65_535,
          });
        },
      ),
    );
  });

  test('PUBLISH', () => {
    fc.assert(
      fc.property(
        versions,
        topics,
        bytes,
        qos,
        fc.boolean(),
        fc.boolean(),
        ids,
        publishProperties,
        (version, topic, payload, level, retain, dup, messageId, properties) => {
          const frame = write(
            {
              cmd: 'publish',
              topic,
              payload,
              qos: level,
              retain,
              dup: dup && level > 0,
              messageId,
              ...(version === 5 ? { properties } : {}),
            },
            version,
          );
          const header = parsePublish(frame, version);
          expect(header).toMatchObject({ topic, qos: level, isRetained: retain, packetId: level > 0 ? messageId : 0 });
          expect(frame.subarray('payloadStart' in header ? header.payloadStart : 0)).toEqual(payload);
        },
      ),
    );
  });

  test('SUBSCRIBE and UNSUBSCRIBE', () => {
    const lists = fc.array(fc.record({ topic: filters, qos, rap: fc.boolean(), rh: fc.constantFrom(0, 1, 2) }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        versions,
        lists,
        ids,
        fc.integer({ min: 1, max: 268_435_455 }),
        userProperties,
        (version, list, messageId, subscriptionIdentifier, pairs) => {
          const own = version === 5;
          const subscriptions = own ? list : list.map(({ topic, qos: level }) => ({ topic, qos: level }));
          const properties = { subscriptionIdentifier, userProperties: pairs };
          const subscribe = write(
            { cmd: 'subscribe', messageId, subscriptions, ...(own ? { properties } : {}) },
            version,
          );
          expect(validatePacket(subscribe, version)).toBeUndefined();
          const unsubscriptions = list.map(({ topic }) => topic);
          const unsubscribe = write(
            {
              cmd: 'unsubscribe',
              messageId,
              unsubscriptions,
              ...(own ? { properties: { userProperties: pairs } } : {}),
            },
            version,
          );
          expect(validatePacket(unsubscribe, version)).toBeUndefined();
        },
      ),
    );
  });

  test('acknowledgements, PINGREQ and DISCONNECT', () => {
    const kinds = fc.constantFrom('puback' as const, 'pubrec' as const, 'pubrel' as const, 'pubcomp' as const);
    fc.assert(
      fc.property(
        versions,
        kinds,
        ids,
        words,
        userProperties,
        seconds,
        (version, cmd, messageId, reasonString, pairs, sessionExpiryInterval) => {
          const properties = version === 5 ? { properties: { reasonString, userProperties: pairs } } : {};
          expect(validatePacket(write({ cmd, messageId, ...properties }, version), version)).toBeUndefined();
          const leave = {
            cmd: 'disconnect' as const,
            ...(version === 5 ? { reasonCode: 4, properties: { sessionExpiryInterval, reasonString } } : {}),
          };
          expect(validatePacket(write(leave, version), version)).toBeUndefined();
        },
      ),
    );
    expect(validatePacket(write({ cmd: 'pingreq' }, 4), 4)).toBeUndefined();
  });
});

test('what passes here, the parser of the engine reads without an error', () => {
  const sample = [
    write(
      {
        cmd: 'publish',
        topic: 'a/b',
        payload: 'p',
        qos: 1,
        messageId: 5,
        retain: false,
        dup: false,
        properties: { responseTopic: 'r', userProperties: { a: 'b' } },
      },
      5,
    ),
    write(
      {
        cmd: 'subscribe',
        messageId: 5,
        subscriptions: [{ topic: 'a/#', qos: 1, nl: true, rap: true, rh: 2 }],
        properties: { subscriptionIdentifier: 300 },
      },
      5,
    ),
    write({ cmd: 'unsubscribe', messageId: 5, unsubscriptions: ['a', 'b'] }, 5),
    write({ cmd: 'pubrec', messageId: 5, reasonCode: 0x80, properties: { reasonString: 'why' } }, 5),
    write({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 4 } }, 5),
  ];
  const change = fc.tuple(fc.nat(100), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.constantFrom(...sample), fc.array(change, { minLength: 1, maxLength: 3 }), (packet, changes) => {
      const frame = Buffer.from(packet);
      // The remaining length stays: FrameCutter vouches for it.
      for (const [at, value] of changes)
        frame[at % (frame.length - 1) === 0 ? 0 : 1 + (at % (frame.length - 1))] = value;
      frame[1] = packet[1]!;
      if (validatePacket(frame, 5) !== undefined) return;
      const reader = parser({ protocolVersion: 5 });
      reader.on('error', (error) => expect.unreachable(`${error.message}: ${frame.toString('hex')}`));
      reader.parse(frame);
    }),
    { numRuns: 5_000 },
  );
});
