import { connectOf, dialogueOn } from '../dialogue.ts';
import { version1 } from '../proxy-bytes.ts';
import { type ReloadWorld, withListener } from '../reload-world.ts';
import type { Probe, Probes } from './probe.ts';

const bannedCode = 0x8a;

/** What the client `probe` hears; undefined where its connection is closed before. */
async function hears(world: ReloadWorld): Promise<unknown> {
  const { answer } = await world.connect({ clientId: 'probe', username: 'peggy' });
  return answer && Reflect.get(answer, 'reasonCode');
}

const bans = (...list: readonly object[]) => ({ access: { bans: { list } } });
const oneBan = (before: object, after: object): Probe => ({
  from: bans(before),
  change: bans(after),
  is: bannedCode,
  see: hears,
});

/** The last of three wrong passwords, each look from another address and as another user. */
let looks = 0;
async function guesses(world: ReloadWorld): Promise<unknown> {
  looks += 1;
  const guess = async (number: number): Promise<unknown> => {
    const socket = await world.tcp('plain');
    socket.write(version1(`192.0.2.${looks}`));
    const login = connectOf(`probe-${number}`, { username: `user-${looks}`, password: Buffer.from('wrong') });
    const answer = await dialogueOn(socket, 5).ask(login);
    return answer && Reflect.get(answer, 'reasonCode');
  };
  return [await guess(1), await guess(2), await guess(3)].at(-1);
}

/** @param other path of a file that the test has written: `passwd` has users, `bans.json` bans the client id `probe` */
export function banProbes(other: (name: string) => string): Probes {
  const failures = (options: object) => ({
    ...withListener('plain', { proxy: { from: ['127.0.0.1'] } }),
    access: { passwords: { file: other('passwd') }, failures: { count: 100, ...options } },
  });
  const limit = (name: string): Probe => ({
    from: failures({}),
    change: failures({ [name]: 2 }),
    is: bannedCode,
    see: guesses,
  });
  /** What would be seen in time alone. */
  const lasting = (name: 'window' | 'ban'): Probe => ({
    from: failures({}),
    change: failures({ [name]: '7s' }),
    is: 7_000,
    async see(world) {
      await guesses(world);
      return world.access()?.failures?.[name];
    },
  });
  const fingerprint = 'ab'.repeat(32);
  return {
    'access.bans.list': { change: bans({ clientId: 'probe' }), is: bannedCode, see: hears },
    'access.bans.list[].clientId': oneBan({ clientId: 'other' }, { clientId: 'probe' }),
    'access.bans.list[].user': oneBan({ user: 'other' }, { user: 'peggy' }),
    'access.bans.list[].address': { ...oneBan({ address: '192.0.2.1' }, { address: '127.0.0.0/8' }), is: undefined },
    'access.bans.list[].certificate': {
      from: bans({ certificate: 'cd'.repeat(32) }),
      change: bans({ certificate: fingerprint }),
      is: fingerprint,
      async see(world) {
        await hears(world);
        return world.access()?.bans.list[0]?.certificate;
      },
    },
    'access.bans.list[].until': oneBan(
      { clientId: 'probe', until: '2020-01-01T00:00:00Z' },
      { clientId: 'probe', until: '2099-01-01T00:00:00Z' },
    ),
    'access.bans.list[].reason': {
      from: bans({ clientId: 'probe', reason: 'before' }),
      change: bans({ clientId: 'probe', reason: 'for the probe' }),
      is: true,
      async see(world) {
        await hears(world);
        return world.broker.log.text().includes('for the probe');
      },
    },
    'access.bans.file': { change: { access: { bans: { file: other('bans.json') } } }, is: bannedCode, see: hears },
    'access.failures.count': limit('count'),
    'access.failures.perUser': limit('perUser'),
    'access.failures.window': lasting('window'),
    'access.failures.ban': lasting('ban'),
  };
}
