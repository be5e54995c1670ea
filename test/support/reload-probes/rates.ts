import { connectOf, dialogueOn } from '../dialogue.ts';
import { type ReloadWorld, withListener } from '../reload-world.ts';
import type { Probe, Probes } from './probe.ts';

/** What a connection that begins now is held to, by the path within limits. */
const heldTo = (path: string, value: unknown, is: unknown = value): Probe => {
  const steps = path.split('.');
  return {
    change: { limits: steps.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value) },
    is,
    async see(world) {
      await world.connect();
      return steps.reduce<unknown>(
        (inner, step) => (inner === undefined ? undefined : Reflect.get(Object(inner), step)),
        world.limitsOfNewest(),
      );
    },
  };
};

/** Whether the second of two connections is taken. */
async function second(world: ReloadWorld): Promise<boolean> {
  await dialogueOn(await world.tcp('plain'), 5).ask(connectOf('first'));
  return (await dialogueOn(await world.tcp('plain'), 5).ask(connectOf('second')))?.cmd === 'connack';
}

const onPlain = (change: object): Probe => ({ change: withListener('plain', { ...change }), is: false, see: second });

export const rateProbes: Probes = {
  'limits.connections.total': {
    change: { limits: { connections: { total: 1 } } },
    is: 0x97,
    async see(world) {
      await world.connect({ clientId: 'one' });
      const { answer } = await world.connect({ clientId: 'two' });
      return answer?.cmd === 'connack' ? answer.reasonCode : answer?.cmd;
    },
  },
  'limits.connections.perUser': heldTo('connections.perUser', 7),
  'limits.connections.beyond': heldTo('connections.beyond', 'replace'),
  'limits.publishRate.messages': heldTo('publishRate.messages', 7),
  'limits.publishRate.bytes': heldTo('publishRate.bytes', '2KiB', 2_048),
  'limits.publishRate.userMessages': heldTo('publishRate.userMessages', 7),
  'limits.publishRate.userBytes': heldTo('publishRate.userBytes', '2KiB', 2_048),
  'limits.publishRate.patience': heldTo('publishRate.patience', '7s', 7_000),
  'limits.takeOvers.perMinute': heldTo('takeOvers.perMinute', 7),
  'limits.takeOvers.delay': heldTo('takeOvers.delay', '1s', 1_000),
  'listeners[].maxConnectionsPerAddress': onPlain({ maxConnectionsPerAddress: 1 }),
  'listeners[].connectionRate.perAddress': onPlain({ connectionRate: { perAddress: 1 } }),
  'listeners[].connectionRate.overall': onPlain({ connectionRate: { overall: 1 } }),
};
