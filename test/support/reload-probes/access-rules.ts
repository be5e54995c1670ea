import type { Packet } from 'mqtt-packet';
import { connectOf, dialogueOn } from '../dialogue.ts';
import type { ReloadWorld } from '../reload-world.ts';
import type { Probe, Probes } from './probe.ts';

const denied = 0x87;
/** Allowed, and nobody there who gets it. */
const allowed = 0x10;

const publish = (topic: string): Packet => ({
  cmd: 'publish',
  topic,
  payload: 'x',
  qos: 1,
  retain: false,
  dup: false,
  messageId: 1,
});

const codeOf = (packet: Packet | undefined): unknown => packet && Reflect.get(packet, 'reasonCode');

/** What the client `probe`, which nobody knows, hears to a message on `a`. */
const see = async (world: ReloadWorld): Promise<unknown> => {
  const { client } = await world.connect({ clientId: 'probe' });
  return codeOf(await client.ask(publish('a')));
};

/** By one rule that changes. */
const rule = (before: object, after: object, is = denied): Probe => ({
  from: { access: { rules: [{ allow: 'publish', ...before }] } },
  change: { access: { rules: [{ allow: 'publish', ...after }] } },
  is,
  see,
});

const operators = (...users: string[]) => ({
  access: { rules: [{ allow: 'publish', group: 'operators' }], groups: { operators: users } },
});

export const accessRuleProbes: Probes = {
  'access.groups': { from: operators('anonymous'), change: operators('olga'), is: denied, see },
  'access.rules': { change: { access: { rules: [{ allow: 'subscribe' }] } }, is: denied, see },
  'access.rules[].allow': rule({ allow: 'subscribe' }, { allow: ['publish', 'subscribe'] }, allowed),
  'access.rules[].deny': {
    from: { access: { rules: [{ deny: 'publish', topics: ['b'] }, { allow: 'all' }] } },
    change: { access: { rules: [{ deny: ['publish', 'receive'], topics: ['a'] }, { allow: 'all' }] } },
    is: denied,
    see,
  },
  'access.rules[].topics': rule({ topics: ['a'] }, { topics: ['b'] }),
  'access.rules[].user': rule({ user: 'anonymous' }, { user: 'bob' }),
  'access.rules[].group': rule({}, { group: 'y' }),
  'access.rules[].clientId': rule({ clientId: 'probe' }, { clientId: 'other' }),
  'access.rules[].certificate': {
    ...rule({ certificate: { cn: 'client-demo' } }, { certificate: { cn: 'other' } }),
    async see(world) {
      const client = dialogueOn(await world.tls('mutual', world.demo()), 5);
      await client.ask(connectOf('certificate'));
      return codeOf(await client.ask(publish('a')));
    },
  },
  'access.rules[].claim': rule({}, { claim: { site: 'south' } }),
  'access.rules[].listener': rule({ listener: 'plain' }, { listener: 'secure' }),
  'access.rules[].address': rule({ address: '127.0.0.0/8' }, { address: '10.0.0.0/8' }),
  'access.rules[].qos': rule({ qos: [1] }, { qos: [0] }),
  'access.rules[].retain': rule({ retain: false }, { retain: true }),
  'access.denied.subscription': {
    from: { access: { rules: [{ allow: 'publish' }] } },
    change: { access: { rules: [{ allow: 'publish' }], denied: { subscription: 'unspecified-error' } } },
    is: [0x80],
    async see(world) {
      const { client } = await world.connect({ clientId: 'probe' });
      const subscriptions = [{ topic: 'a', qos: 1 as const }];
      const answer = await client.ask({ cmd: 'subscribe', messageId: 1, subscriptions });
      return answer?.cmd === 'suback' ? answer.granted : answer;
    },
  },
  'access.denied.before5': {
    from: { access: { rules: [{ allow: 'subscribe' }] } },
    change: { access: { rules: [{ allow: 'subscribe' }], denied: { before5: 'drop' } } },
    is: 'puback',
    async see(world) {
      const client = dialogueOn(await world.tcp('plain'), 4);
      await client.ask(connectOf('before5', { protocolVersion: 4 }));
      return (await client.ask(publish('a')))?.cmd;
    },
  },
};
