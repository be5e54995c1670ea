import { z } from 'zod';
import { duration, secretReference } from '../kernel/schema.ts';
import { parseAltName } from './x509/names.ts';

const altName = z
  .string()
  .min(1)
  .max(253)
  .superRefine((text, context) => {
    const name = parseAltName(text);
    if (typeof name === 'string') context.addIssue({ code: 'custom', message: name, input: text });
  });

export const certificatesSchema = z
  .strictObject({
    directory: z.string().min(1).prefault('./certs').meta({
      description: 'Folder of the certificates and keys. What is missing is created at the first start.',
      reload: 'component',
    }),
    names: z.array(altName).max(100).prefault([]).meta({
      description:
        'More DNS names and IP addresses for a server certificate made here, beside localhost, the host name, 127.0.0.1 and ::1.',
      reload: 'component',
    }),
    passphrase: secretReference.optional().meta({
      description:
        'Passphrase of the CA keys, where `viaduct pki init` has encrypted them. Only issuing and revoking need it.',
      reload: 'component',
    }),
    crlUrl: z
      .url({
        protocol: /^https?$/,
        error: (issue) =>
          `"${String(issue.input)}" is no address of a folder on a web server; write e.g. http://pki.example.com/crl`,
      })
      .optional()
      .meta({
        description:
          'Folder on a web server where root-ca.crl and intermediate-ca.crl are published. New certificates carry it.',
        reload: 'component',
      }),
    crlLifetime: duration.prefault('7d').meta({
      description: 'How long a revocation list made here counts. Make a new one before it ends: viaduct pki crl.',
      reload: 'component',
    }),
    revocation: z
      .strictObject({
        mode: z.enum(['off', 'fail-open', 'fail-closed']).prefault('fail-open').meta({
          description:
            'Whether clients are refused whose certificate stands on a revocation list in the folder crl. Without a current list of its CA a certificate is taken as good (fail-open) or refused (fail-closed).',
          reload: 'component',
        }),
        closeRevoked: z.boolean().prefault(true).meta({
          description: 'Close open connections too when their certificate is revoked.',
          reload: 'component',
        }),
      })
      .prefault({})
      .meta({ description: 'Revoked client certificates.', reload: 'component' }),
    closeExpired: z.boolean().prefault(false).meta({
      description:
        'Close a connection when the client certificate that it began with ends. Off: it may go on, and is refused when it connects again.',
      reload: 'component',
    }),
    renewal: z
      .strictObject({
        mode: z.enum(['automatic', 'off']).prefault('automatic').meta({
          description:
            'Renew the certificates of server, intermediate and root, and the revocation lists, after two thirds of their life where the key of their issuer is here.',
          reload: 'component',
        }),
        overlap: duration.optional().meta({
          description: 'How long a CA that was replaced stays trusted. Left out: until it ends.',
          reload: 'component',
        }),
      })
      .prefault({})
      .meta({ description: 'Renewal while the broker runs.', reload: 'component' }),
    stapling: z
      .strictObject({
        mode: z.enum(['automatic', 'off']).prefault('automatic').meta({
          description:
            'Ask the OCSP responder that a server certificate names whether it is revoked, and hand the answer to clients that want it (RFC 6066 8). Certificates made here name none, so nothing is asked.',
          reload: 'component',
        }),
      })
      .prefault({})
      .meta({ description: 'OCSP stapling.', reload: 'component' }),
  })
  .prefault({})
  .meta({ description: 'Certificates of the TLS listeners.', reload: 'component' });

export type CertificatesOptions = z.output<typeof certificatesSchema>;
