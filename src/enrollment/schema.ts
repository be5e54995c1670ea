import { z } from 'zod';
import { duration } from '../kernel/schema.ts';
import { patternProblem } from './patterns.ts';

const pattern = z
  .string()
  .min(1)
  .max(256)
  .superRefine((text, context) => {
    const message = patternProblem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message, input: text });
  });

const lifetime = duration.refine((ms) => ms >= 60_000 && ms <= 3_153_600_000_000, { error: 'use 1m to 36500d' });

const ruleSchema = z
  .strictObject({
    identity: pattern.meta({
      description: 'Common name of the certificate that asks; `*` stands for any characters.',
      reload: 'component',
    }),
    commonNames: z.array(pattern).min(1).max(100).meta({
      description: 'Common names that it may have certified, for devices that it enrolls.',
      reload: 'component',
    }),
    names: z.array(pattern).max(100).prefault([]).meta({
      description:
        'Alternative names that it may have certified: `DNS:*.example.com`, `IP:192.0.2.*`, `URI:urn:device:*`.',
      reload: 'component',
    }),
  })
  .meta({ description: 'What a certificate may ask for besides its own renewal.', reload: 'component' });

export const enrollmentSchema = z
  .strictObject({
    enabled: z.boolean().prefault(true).meta({
      description:
        'Let devices enroll over https (EST, RFC 7030) on listeners with TLS that accept http, with a token of `viaduct pki token create` or with a certificate of this CA. Without a token nobody new gets in.',
      reload: 'component',
    }),
    mqtt: z.boolean().prefault(true).meta({
      description: 'Let devices enroll over MQTT too, by the topic `$pki/enroll`.',
      reload: 'component',
    }),
    organization: z.string().min(1).max(64).prefault('Viaduct').meta({
      description: 'Organization in the certificates; that of the request is never taken over.',
      reload: 'component',
    }),
    lifetime: lifetime.prefault('90d').meta({
      description: 'How long a certificate is valid where the request does not say.',
      reload: 'component',
    }),
    maxLifetime: lifetime.prefault('365d').meta({
      description: 'The longest life that a request may ask for. A token may allow less.',
      reload: 'component',
    }),
    requestsPerSecond: z
      .int()
      .min(1)
      .max(10_000)
      .prefault(20)
      .meta({
        description:
          'Requests with a good token or certificate that are looked at, of all devices together; bursts may be five times that.',
        reload: 'component',
        limit: {
          bounds: 'node',
          why: 'Signing takes about a millisecond, so that enrollment takes no more than a few per cent of a core.',
          client: '429 with Retry-After over https, a refusal over MQTT.',
          metric: 'enrollments_put_off_total',
        },
      }),
    rules: z.array(ruleSchema).max(100).prefault([]).meta({
      description: 'Certificates that may enroll others, such as that of an installer.',
      reload: 'component',
    }),
  })
  .superRefine(({ lifetime: usual, maxLifetime }, context) => {
    if (usual > maxLifetime)
      context.addIssue({
        code: 'custom',
        path: ['lifetime'],
        message: 'must not be longer than maxLifetime; make it shorter or raise that',
      });
  })
  .prefault({})
  .meta({ description: 'How devices get certificates from the CA of this broker.', reload: 'component' });

export type EnrollmentOptions = z.output<typeof enrollmentSchema>;
