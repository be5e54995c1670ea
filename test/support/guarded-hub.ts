import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argon2Hash } from '../../src/auth/passwords/argon2.ts';
import { startBroker, type TestBroker } from './broker.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface GuardedHub extends AsyncDisposable {
  readonly broker: TestBroker;
  readonly port: number;
  /** The password file. */
  readonly passwords: string;
}

const cheap = { memoryKiB: 1_024, passes: 1, lanes: 1 };

export const passwordLine = async (user: string, password = `of ${user}`): Promise<string> =>
  `${user}:${await argon2Hash(Buffer.from(password), cheap)}\n`;

/** A broker whose hub asks its clients for a password, which is `of NAME`. @param access beside the password file @param hub more of `nats.hub` */
export async function startGuardedHub(
  users: readonly string[],
  access: object = {},
  hub: object = {},
): Promise<GuardedHub> {
  const directory = await temporaryDirectory();
  const passwords = join(directory.path, 'passwd');
  await writeFile(passwords, (await Promise.all(users.map((user) => passwordLine(user)))).join(''));
  const broker = await startBroker({
    access: { anonymous: ['mqtt'], passwords: { file: passwords, argon2: { memory: '1MiB', passes: 1 } }, ...access },
    nats: { hub: { bind: '127.0.0.1:0', authentication: ['password'], ...hub } },
  });
  const url = broker.app.urls().find((one) => /^(nats|tls):/.test(one)) ?? '';
  return {
    broker,
    passwords,
    port: Number(url.split(':').at(-1)),
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
