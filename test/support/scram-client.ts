import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

export const scramMethod = 'SCRAM-SHA-256';

/** The client's side of one exchange. */
export interface ScramClient {
  readonly first: Buffer;
  answer(challenge: Buffer): Buffer;
  /** What a server says last that knows the user. */
  expected(): string;
}

const hmac = (key: Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** Written apart from what the broker has. [RFC 5802 3] */
export function scramClient(user: string, password: string): ScramClient {
  const bare = `n=${user},r=abc`;
  let expected = '';
  return {
    first: Buffer.from(`n,,${bare}`),
    answer(challenge) {
      const text = challenge.toString();
      const [, nonce = '', salt = '', count = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(text) ?? [];
      const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(count), 32, 'sha256');
      const key = hmac(salted, 'Client Key');
      const without = `c=biws,r=${nonce}`;
      const said = `${bare},${text},${without}`;
      const mask = hmac(createHash('sha256').update(key).digest(), said);
      expected = `v=${hmac(hmac(salted, 'Server Key'), said).toString('base64')}`;
      return Buffer.from(`${without},p=${Buffer.from(key.map((byte, at) => byte ^ mask[at]!)).toString('base64')}`);
    },
    expected: () => expected,
  };
}
