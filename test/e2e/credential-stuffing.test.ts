import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { packet, text, u16 } from '../support/packet-bytes.ts';
import { patientPair } from '../support/patient-pair.ts';
import { portOf, startServing, viaduct } from '../support/program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** CONNECT of MQTT 3.1.1 with user name and password. @returns the return code, or undefined where the broker closed first */
async function login(port: number, user: string, password: string): Promise<number | undefined> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  try {
    socket.write(packet(0x10, text('MQTT'), 4, 0xc2, u16(0), text(`guess ${user}`), text(user), text(password)));
    const answer: Buffer | undefined = await Promise.race([
      once(socket, 'data').then(([data]) => data),
      once(socket, 'close').then(() => undefined),
    ]);
    return answer?.[3];
  } finally {
    socket.destroy();
  }
}

/** Guesses from forty connections, each the next as soon as the last is answered, until it is told to end. */
function guessing(port: number) {
  const codes: (number | undefined)[] = [];
  let isOver = false;
  const guess = async (name: number): Promise<void> => {
    for (let count = 0; !isOver; count += 1)
      codes.push(await login(port, count % 2 === 0 ? 'bob' : `user-${name}`, `${name}-${count}`));
  };
  const all = Promise.all(Array.from({ length: 40 }, (_, name) => guess(name)));
  return {
    codes,
    async end() {
      isOver = true;
      await all;
    },
  };
}

test('while passwords are guessed no guess gets in, messages go on, and a login that is remembered is let in', async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string): string => join(directory.path, name);
  await writeFile(at('secret'), 'secret\n');
  await viaduct(['passwd', 'add', at('passwd'), 'bob', '--password-file', at('secret')]);
  const listener = (name: string, tls: string, provider: string) => ({
    name,
    bind: '127.0.0.1:0',
    tls,
    accept: name === 'people' ? ['mqtt'] : ['mqtt', 'websocket'],
    authentication: [provider],
  });
  await writeFile(
    at('viaduct.yaml'),
    stringify({
      listeners: [listener('people', 'off', 'password'), listener('local', 'off', 'anonymous')],
      access: { passwords: { file: at('passwd') }, anonymous: ['local'] },
      nats: { hub: { bind: '127.0.0.1:0' } },
      store: { type: 'memory' },
      certificates: { directory: at('certs') },
      log: { level: 'warn' },
    }),
  );
  const { program, ready } = await startServing(at('viaduct.yaml'), { cwd: directory.path });
  await using _program = program;
  const [people, local] = [portOf(ready, 'mqtt'), portOf(ready, 'ws')];
  expect(await login(people, 'bob', 'secret')).toBe(0);
  await using pair = await patientPair(local);
  const storm = guessing(people);
  await pair.worstOfNext(200); // which resolves only when all of them have come
  expect(await login(people, 'bob', 'secret')).toBe(0); // without waiting behind the others
  await storm.end();
  expect(storm.codes.length).toBeGreaterThan(20);
  expect(storm.codes.filter((code) => code !== 4 && code !== 3)).toEqual([]); // 3: it waited too long
});
