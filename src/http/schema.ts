import { z } from 'zod';
import { byteSize, duration } from '../kernel/schema.ts';
import { hostOfHeader, originOf } from './server/host-header.ts';

const origin = z
  .string()
  .max(300)
  .transform((text, context) => {
    const parsed = text === '*' || text === 'null' ? text : originOf(text);
    if (parsed !== undefined) return parsed;
    const message = `"${text}" is no origin; write scheme, host and port as a browser shows them, e.g. "https://app.example.com" or "http://localhost:5173"; "*" is every page of the world`;
    context.addIssue({ code: 'custom', message, input: text });
    return z.NEVER;
  });

const host = z
  .string()
  .max(253)
  .transform((text, context) => {
    const parsed = text === '*' ? text : text.startsWith('*.') ? wildcardOf(text) : hostOfHeader(text);
    if (parsed !== undefined && !/:\d+$/.test(text.replace(/^\[.*\]/, ''))) return parsed;
    const message = `"${text}" is no host; write a name such as broker.example.com or *.example.com, or an address, without a port; "*" is any`;
    context.addIssue({ code: 'custom', message, input: text });
    return z.NEVER;
  });

/** `*.` and a name. */
function wildcardOf(text: string): string | undefined {
  const name = hostOfHeader(text.slice(2));
  return name === undefined ? undefined : `*.${name}`;
}

/** Fields of a listener that say which browsers may come, and what HTTP may cost. */
export const httpFields = {
  origins: z.array(origin).max(1_000).prefault([]).meta({
    description:
      'Pages, by their origin, whose scripts may open a WebSocket here beside those of the listener itself: a browser lets every page of the world try, and only the server can refuse. `*` lets all in, `null` those without an origin such as files. Behind a proxy that ends TLS, name the origin that the browser sees.',
    reload: 'component',
  }),
  hosts: z.array(host).max(1_000).prefault([]).meta({
    description:
      'More names that HTTP requests may give as `Host`, beside those in the certificates, localhost, the name and the addresses of the machine and of `bind`; another name is a page that reaches for this machine (DNS rebinding). Needed where a proxy passes on its own name. `*.example.com` stands for one label, `*` for any name.',
    reload: 'component',
  }),
  http: z
    .strictObject({
      connections: z
        .int()
        .min(1)
        .max(100_000)
        .prefault(512)
        .meta({
          description:
            'HTTP connections at one time, WebSockets not among them; beyond it the one that has been quiet longest is closed.',
          reload: 'component',
          limit: {
            bounds: 'listener',
            why: 'A browser opens six; the renewal of a large fleet a few hundred.',
            client: 'The connection that has been quiet longest is closed.',
            metric: 'connections_dropped_total{reason="http-connections"}',
          },
        }),
      responseTimeout: duration
        .refine((ms) => ms >= 1_000 && ms <= 3_600_000, { error: 'use 1s to 1h' })
        .prefault('30s')
        .meta({
          description: 'A client that has not taken a response whole after this is closed.',
          reload: 'component',
          limit: {
            bounds: 'connection',
            why: 'Enough for the console page on a line of 100 kbit/s.',
            client: 'Its connection is closed.',
            metric: 'connections_dropped_total{reason="http-response-timeout"}',
          },
        }),
      responseBytes: byteSize
        .refine((bytes) => bytes >= 65_536, { error: 'use 64KiB or more' })
        .prefault('32MiB')
        .meta({
          description:
            'Bytes of responses that clients have not taken yet, all of them together; beyond it those that wait longest are closed.',
          reload: 'component',
          limit: {
            bounds: 'listener',
            why: 'The largest file of the console page a hundred times.',
            client: 'The connection whose response waits longest is closed.',
            metric: 'connections_dropped_total{reason="http-response-bytes"}',
          },
        }),
      bodySize: byteSize
        .refine((bytes) => bytes <= 1_073_741_824, { error: 'use 0B to 1GiB' })
        .prefault('1MiB')
        .meta({
          description: 'Largest body of a request; a larger one is answered 413, one of unknown length 411.',
          reload: 'component',
          limit: {
            bounds: 'packet',
            why: 'Certificate requests have a few KB.',
            client: 'It gets the answer 413, and its connection is closed.',
            metric: 'connections_refused_total{reason="http-body"}',
          },
        }),
    })
    .prefault({})
    .meta({ description: 'What HTTP requests may cost.', reload: 'component' }),
};

export type HttpOptions = z.output<typeof httpFields.http>;
