import { connectOf, dialogueOn } from '../dialogue.ts';
import type { ReloadWorld } from '../reload-world.ts';
import type { Probe, Probes } from './probe.ts';

/** Reason code of a CONNECT with user name and password. */
async function login(world: ReloadWorld, username: string): Promise<unknown> {
  const client = dialogueOn(await world.tcp('plain'), 5);
  const answer = await client.ask(connectOf('probe', { username, password: Buffer.from('secret6') }));
  return answer && Reflect.get(answer, 'reasonCode');
}

/** @param other path of a file that the test has written: `passwd` has the user bob, `passwd-2` ann */
export function passwordProbes(other: (name: string) => string): Probes {
  const passwords = (options: object) => ({ access: { passwords: { file: other('passwd'), ...options } } });
  const cheap = { memory: '1MiB', passes: 1 };
  /** What logins that come now are held to, where the effect would have to be measured. */
  const heldTo = (change: object, path: readonly string[], is: unknown): Probe => ({
    from: passwords({ argon2: cheap }),
    change: passwords(change),
    is,
    see: (world) => path.reduce<unknown>((value, step) => Reflect.get(Object(value), step), world.access()?.passwords),
  });
  return {
    'access.passwords.file': {
      from: passwords({ argon2: cheap }),
      change: passwords({ file: other('passwd-2'), argon2: cheap }),
      is: 0,
      see: (world) => login(world, 'ann'),
    },
    'access.passwords.argon2.memory': heldTo({ argon2: { ...cheap, memory: '2MiB' } }, ['argon2', 'memory'], 2_097_152),
    'access.passwords.argon2.passes': heldTo({ argon2: { ...cheap, passes: 3 } }, ['argon2', 'passes'], 3),
    'access.passwords.argon2.lanes': heldTo({ argon2: { ...cheap, lanes: 2 } }, ['argon2', 'lanes'], 2),
    'access.passwords.rehash': heldTo({ argon2: cheap, rehash: false }, ['rehash'], false),
    'access.passwords.concurrency': heldTo({ argon2: cheap, concurrency: 1 }, ['concurrency'], 1),
    'access.passwords.remember': heldTo({ argon2: cheap, remember: '0s' }, ['remember'], 0),
    'access.passwords.remembered': heldTo({ argon2: cheap, remembered: 7 }, ['remembered'], 7),
  };
}
