import { z } from 'zod';
import { network } from '../../kernel/schema.ts';

export const proxySchema = z
  .strictObject({
    from: z.array(network).min(1).meta({
      description:
        'Addresses and networks of the proxies, e.g. `[10.0.0.0/8, "fd00::/8"]`: they alone are believed. Who comes from elsewhere is a client of its own, and is refused when it sends a PROXY header.',
      reload: 'component',
    }),
    protocol: z.enum(['any', 'v1', 'v2', 'none']).prefault('any').meta({
      description:
        'Version of the PROXY protocol that they speak; each of their connections has to begin with its header, before TLS. `none`: they send none.',
      reload: 'component',
    }),
    forwarded: z.enum(['none', 'x-forwarded-for', 'x-real-ip']).prefault('none').meta({
      description:
        'Header in which they say for whom they ask, with http and WebSocket. A request of theirs without it comes from nowhere: it counts as no address at all.',
      reload: 'component',
    }),
    certificate: z.enum(['ignore', 'believe']).prefault('ignore').meta({
      description:
        'With `tls: off`: whether the common name of a client certificate that a proxy has verified (`PP2_TYPE_SSL`, in HAProxy `send-proxy-v2-ssl-cn`) is the identity of the client, as if it had been shown here.',
      reload: 'component',
    }),
  })
  .optional()
  .meta({
    description: 'Who stands before this listener and relays its clients. Left out: nobody.',
    reload: 'component',
  });

export type ProxyOptions = NonNullable<z.output<typeof proxySchema>>;
