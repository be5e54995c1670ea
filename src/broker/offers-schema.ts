import { z } from 'zod';

/** The least that a listener may offer of MQTT; left out, it offers everything. */
export const offersSchema = z
  .strictObject({
    maximumQos: z
      .union([z.literal(0), z.literal(1), z.literal(2)])
      .prefault(2)
      .meta({
        description:
          'Highest QoS at which its clients may publish, wills included; what they subscribe to above it is granted at it.',
        reload: 'component',
        limit: {
          bounds: 'packet',
          why: 'All of MQTT; each level costs the store and the network more.',
          client:
            'Maximum QoS in the CONNACK; DISCONNECT 0x9B for a message above it, CONNACK 0x9B for a will. Before MQTT 5 the connection is closed, and a will is return code 5.',
          metric: 'mqtt_refused_total',
        },
      }),
    retain: z
      .boolean()
      .prefault(true)
      .meta({
        description: 'Whether its clients may publish retained messages, wills included.',
        reload: 'component',
        limit: {
          bounds: 'packet',
          why: 'All of MQTT; a retained message stays for everybody who comes after it.',
          client:
            'Retain Available 0 in the CONNACK; DISCONNECT 0x9A for a retained message, CONNACK 0x9A for a will. Before MQTT 5 the connection is closed, and a will is return code 5.',
          metric: 'mqtt_refused_total',
        },
      }),
    wildcardSubscriptions: z
      .boolean()
      .prefault(true)
      .meta({
        description: 'Whether its clients may subscribe with + and #.',
        reload: 'component',
        limit: {
          bounds: 'packet',
          why: 'All of MQTT; one # gets everything that is published.',
          client:
            'Wildcard Subscription Available 0 in the CONNACK, and DISCONNECT 0xA2 for such a filter; before MQTT 5 SUBACK 0x80.',
          metric: 'mqtt_refused_total',
        },
      }),
    sharedSubscriptions: z
      .boolean()
      .prefault(true)
      .meta({
        description: 'Whether its clients may subscribe to `$share/group/filter`.',
        reload: 'component',
        limit: {
          bounds: 'packet',
          why: 'All of MQTT; who joins a group takes a part of its messages from the others.',
          client:
            'Shared Subscription Available 0 in the CONNACK, and DISCONNECT 0x9E for such a filter; before MQTT 5 SUBACK 0x80.',
          metric: 'mqtt_refused_total',
        },
      }),
    subscriptionIdentifiers: z
      .boolean()
      .prefault(true)
      .meta({
        description: 'Whether its clients may give their subscriptions identifiers, which MQTT 5 has.',
        reload: 'component',
        limit: {
          bounds: 'packet',
          why: 'All of MQTT; each identifier costs bytes in every message.',
          client: 'Subscription Identifiers Available 0 in the CONNACK, and DISCONNECT 0xA1 for a SUBSCRIBE with one.',
          metric: 'mqtt_refused_total',
        },
      }),
  })
  .optional()
  .meta({
    description:
      'What of MQTT its clients may use; what a session has from another listener stays as it is. Left out: everything.',
    reload: 'component',
  });

/** What of MQTT the clients of a listener may use. */
export type Offers = NonNullable<z.output<typeof offersSchema>>;
