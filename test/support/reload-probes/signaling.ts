import { createHmac } from 'node:crypto';
import type { ReloadWorld, Sections } from '../reload-world.ts';
import type { Probe, Probes } from './probe.ts';

/** Its files have these texts. */
export const turnTexts = { 'turn-secret': 'a secret of coturn', 'turn-other': 'another secret of coturn' } as const;
const { 'turn-secret': text, 'turn-other': otherText } = turnTexts;

/** @param other files that are there */
export const signalingProbes = (other: (name: string) => string): Probes => {
  const secret = { file: other('turn-secret') };
  const otherSecret = { file: other('turn-other') };
  const turnWith = (more: object = {}): Sections => ({
    signaling: { turn: { uris: ['turn:one.example.com'], secrets: [{ secret }], keys: [secret], ...more } },
  });

  const ask = async (world: ReloadWorld, key: string = text) => {
    const query = new URLSearchParams({ service: 'turn', key }).toString();
    const answer = await fetch(`http://127.0.0.1:${world.broker.port('web')}/turn/credentials?${query}`);
    const { username = '', password, ttl, uris } = (await answer.json()) as Record<string, string>;
    const signer = [text, otherText].find(
      (one) => createHmac('sha1', one).update(username).digest('base64') === password,
    );
    return { status: answer.status, ttl, uris, signer };
  };
  const seen = (more: object, what: 'uris' | 'ttl' | 'signer', is: unknown): Probe => ({
    from: turnWith(),
    change: turnWith(more),
    is,
    see: async (world) => (await ask(world))[what],
  });
  const twice = async (world: ReloadWorld, key?: string): Promise<number> => {
    await ask(world, key);
    return (await ask(world, key)).status;
  };

  return {
    'signaling.turn.uris': seen({ uris: ['turn:two.example.com'] }, 'uris', ['turn:two.example.com']),
    'signaling.turn.lifetime': seen({ lifetime: '2h' }, 'ttl', 7_200),
    'signaling.turn.secrets': seen(
      { secrets: [{ secret }, { secret: otherSecret, from: '2026-01-01T00:00:00Z' }] },
      'signer',
      otherText,
    ),
    'signaling.turn.secrets[].secret': seen({ secrets: [{ secret: otherSecret }] }, 'signer', otherText),
    'signaling.turn.secrets[].from': {
      ...seen(
        {
          secrets: [
            { secret, from: '2026-01-01T00:00:00Z' },
            { secret: otherSecret, from: '2026-01-02T00:00:00Z' },
          ],
        },
        'signer',
        otherText,
      ),
      from: turnWith({
        secrets: [
          { secret, from: '2026-01-01T00:00:00Z' },
          { secret: otherSecret, from: '2100-01-01T00:00:00Z' },
        ],
      }),
    },
    'signaling.turn.keys': {
      from: turnWith(),
      change: turnWith({ keys: [otherSecret] }),
      is: 200,
      see: async (world) => (await ask(world, otherText)).status,
    },
    'signaling.turn.requestsPerMinute': {
      from: turnWith(),
      change: turnWith({ requestsPerMinute: 1 }),
      is: 429,
      see: (world) => twice(world),
    },
    'signaling.turn.wrongKeysPerMinute': {
      from: turnWith(),
      change: turnWith({ wrongKeysPerMinute: 1 }),
      is: 429,
      see: (world) => twice(world, 'wrong'),
    },
  };
};
