import { z } from 'zod';
import { secretReference } from '../../kernel/schema.ts';
import { cipherProblem, policyProblem } from './policy.ts';

const file = z.string().min(1).max(4_096);

const serverName = z
  .string()
  .regex(/^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i, {
    error: (issue) =>
      `"${String(issue.input)}" is no server name; write one such as broker.example.com or *.example.com (an IP address is never sent by TLS clients)`,
  })
  .max(253)
  .transform((name) => name.toLowerCase());

const alternative = z
  .strictObject({
    certificate: file.meta({ description: 'PEM file: the certificate, then its intermediates.', reload: 'component' }),
    key: file.meta({ description: 'PEM file of its private key, not encrypted, mode 0600.', reload: 'component' }),
  })
  .optional()
  .meta({
    description:
      'A second certificate for the same names with another type of key, e.g. RSA beside ECDSA, for devices that know only that. TLS chooses by what a client can verify. Nothing is stapled to connections where there are two. From Node 24 on, names with a certificate of their own show the `alternative` to everybody.',
    reload: 'component',
  });

const namedCertificateSchema = z
  .strictObject({
    names: z.array(serverName).min(1).max(100).optional().meta({
      description:
        'Server names for which this certificate is shown; `*.example.com` stands for one label. Left out: the DNS names in the certificate.',
      reload: 'component',
    }),
    certificate: file.meta({ description: 'PEM file: the certificate, then its intermediates.', reload: 'component' }),
    key: file.meta({ description: 'PEM file of its private key, not encrypted, mode 0600.', reload: 'component' }),
    alternative,
  })
  .meta({ description: 'A certificate for some server names.', reload: 'component' });

/** Fields of a listener that say which certificates it shows and trusts. */
export const ownCertificateFields = {
  certificate: file.optional().meta({
    description:
      'PEM file of a server certificate for this listener alone, then its intermediates. Left out: the one in the folder of certificates. Its content is read again at each reload.',
    reload: 'component',
  }),
  key: file.optional().meta({
    description: 'PEM file of the private key of `certificate`, not encrypted, mode 0600.',
    reload: 'component',
  }),
  alternative,
  clientCa: file.optional().meta({
    description:
      'PEM file of the CAs whose client certificates this listener takes, one or many; an intermediate alone is enough. Left out: ca-chain.pem in the folder of certificates.',
    reload: 'component',
  }),
  trust: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'use lower-case letters, digits and hyphens, at most 63' })
    .optional()
    .meta({
      description:
        'Name of those who vouch for the clients of this listener. A session belongs to a user name under one name: on listeners with the same one, the same user name is the same client; under another it may not touch the session. Left out: listeners that take their CAs from the folder of certificates share one, and so do those with the same `clientCa`, or the same `psk.identities`. Certificates, pre-shared keys and anonymous clients are always told apart.',
      reload: 'component',
    }),
  certificates: z.array(namedCertificateSchema).max(1_000).prefault([]).meta({
    description:
      'More certificates, chosen by the server name that the client asks for (SNI). Who asks for another name, or for none, is shown the one above.',
    reload: 'component',
  }),
};

/** Fields of a listener that say how TLS is spoken. */
export const policyFields = {
  policy: z
    .strictObject({
      preset: z.enum(['modern', 'intermediate', 'compatible']).prefault('intermediate').meta({
        description:
          '`intermediate`: TLS 1.2 and 1.3, ciphers with forward secrecy and AEAD. `modern`: TLS 1.3 only. `compatible`: adds CCM and CBC ciphers with forward secrecy and the curve P-521, for devices whose TLS 1.2 has no GCM, at the price that scanners mark CBC as weak.',
        reload: 'component',
      }),
      minVersion: z
        .enum(['1.2', '1.3'], {
          error: (issue) =>
            /^(TLSv)?1(\.[01])?$|SSL/i.test(String(issue.input))
              ? `"${String(issue.input)}" is broken and forbidden (RFC 8996); use "1.2" or "1.3"`
              : `use "1.2" or "1.3", in quotes`,
        })
        .optional()
        .meta({ description: 'The oldest version of TLS. Left out: that of the preset.', reload: 'component' }),
      ciphers: z
        .array(
          z.string().superRefine((name, context) => {
            const message = cipherProblem(name);
            if (message !== undefined) context.addIssue({ code: 'custom', message });
          }),
        )
        .min(1)
        .max(100)
        .optional()
        .meta({
          description:
            "Ciphers in the order of preference, by OpenSSL's names. Left out: those of the preset. Ciphers without forward secrecy or with known attacks are refused.",
          reload: 'component',
        }),
    })
    .superRefine((policy, context) => {
      const problem = policyProblem(policy);
      if (problem !== undefined) context.addIssue({ code: 'custom', path: [problem.field], message: problem.message });
    })
    .prefault({})
    .meta({ description: 'Versions and ciphers of TLS.', reload: 'component' }),
};

/** Fields of a listener that say which clients come in, and how often. */
export const clientFields = {
  clientChainDepth: z.int().min(0).max(10).optional().meta({
    description:
      'CAs that may stand between a client certificate and the nearest trust anchor; 0: an anchor itself must have issued it. The chain must be sent in order, and sessions are not resumed. Left out: no limit.',
    reload: 'component',
  }),
  clientPins: z
    .array(
      z
        .string()
        .regex(/^[0-9a-f]{2}(:?[0-9a-f]{2}){31}$/i, {
          error: (issue) =>
            `"${String(issue.input)}" is no SHA-256 fingerprint; write 64 hex digits, e.g. from: openssl x509 -in client.pem -noout -pubkey | openssl pkey -pubin -outform der | sha256sum`,
        })
        .transform((text) => text.replaceAll(':', '').toLowerCase()),
    )
    .min(1)
    .max(100_000)
    .optional()
    .meta({
      description:
        'SHA-256 fingerprints of the public keys of the only clients that are let in; their certificates must verify too. They stay the same when a key is certified again. Left out: every client whose certificate verifies.',
      reload: 'component',
    }),
  handshakeRate: z
    .strictObject({
      perAddress: z
        .int()
        .min(1)
        .max(1_000_000)
        .optional()
        .meta({
          description:
            'TLS handshakes that one address, or one IPv6 network of /64, may begin in a minute. Left out: no limit.',
          reload: 'component',
          limit: {
            bounds: 'address',
            why: 'A gateway may hide a whole fleet behind one address, so there is no default.',
            client: 'The connection is closed before TLS.',
            metric: 'connections_dropped_total{reason="handshake-rate"}',
          },
        }),
      overall: z
        .int()
        .min(1)
        .max(1_000_000)
        .optional()
        .meta({
          description: 'TLS handshakes that may begin in a second, of all clients together. Left out: no limit.',
          reload: 'component',
          limit: {
            bounds: 'listener',
            why: 'What a machine signs in a second differs too much; set it to half of what `openssl speed` says.',
            client: 'The connection is closed before TLS.',
            metric: 'connections_dropped_total{reason="handshake-rate"}',
          },
        }),
    })
    .prefault({})
    .meta({
      description: 'Beyond these rates new connections are closed before their TLS handshake costs anything.',
      reload: 'component',
    }),
  alpn: z.boolean().prefault(false).meta({
    description:
      'Agree by ALPN on what is spoken: `mqtt`, and `http/1.1` for http and websocket. A client that offers only others, or speaks another than agreed, is refused; one that offers none is taken.',
    reload: 'component',
  }),
  psk: z
    .strictObject({
      identities: secretReference.meta({
        description:
          'Lines `identity:key`, the key of 16 to 64 bytes in hex, as the psk_file of mosquitto. The identity becomes the user name.',
        reload: 'component',
        secret: true,
      }),
    })
    .optional()
    .meta({
      description:
        'Take TLS with pre-shared keys (TLS-PSK) too, for devices without certificates. Sessions of this listener are not resumed.',
      reload: 'component',
    }),
  keyLog: file.optional().meta({
    description:
      'For debugging only: appends the secrets of all TLS connections of this listener to this file, mode 0600, so that Wireshark can decrypt them, and says so loudly at every start.',
    reload: 'component',
  }),
};

interface TlsFields {
  readonly policy: { readonly ciphers?: readonly string[] | undefined };
  readonly clientChainDepth?: number | undefined;
  readonly clientPins?: readonly string[] | undefined;
  readonly handshakeRate: { readonly perAddress?: number | undefined; readonly overall?: number | undefined };
  readonly alpn: boolean;
  readonly psk?: object | undefined;
  readonly keyLog?: string | undefined;
  readonly tls: 'off' | 'one-way' | 'two-way' | 'two-way-optional' | 'auto';
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly alternative?: object | undefined;
  readonly clientCa?: string | undefined;
  readonly trust?: string | undefined;
  readonly proxy?: { readonly certificate: 'ignore' | 'believe' } | undefined;
  readonly certificates: readonly { readonly names?: readonly string[] | undefined }[];
}

/** Whether clients are asked for a certificate. */
const asksForCertificate = ({ tls }: Pick<TlsFields, 'tls'>): boolean =>
  tls === 'two-way' || tls === 'two-way-optional';

/** Fields that contradict each other. */
export function checkTlsFields(listener: TlsFields, context: z.RefinementCtx): void {
  const { tls, certificate, key, certificates } = listener;
  const refuse = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  if (certificate !== undefined && key === undefined)
    refuse(['certificate'], 'a certificate needs its private key; give `key` too');
  if (key !== undefined && certificate === undefined)
    refuse(['key'], 'a private key without its certificate; give `certificate` too');
  for (const field of ['clientCa', 'clientChainDepth', 'clientPins'] as const)
    if (listener[field] !== undefined && !asksForCertificate(listener))
      refuse(
        [field],
        `with tls: ${tls} clients are not asked for a certificate; use two-way or two-way-optional, or leave ${field} out`,
      );
  const isTold = listener.proxy?.certificate === 'believe';
  if (isTold && tls !== 'off')
    refuse(
      ['proxy', 'certificate'],
      `with tls: ${tls} the client shows its certificate here, and what a proxy says of it does not count; use tls: off, or leave certificate out`,
    );
  if (listener.trust !== undefined && !asksForCertificate(listener) && listener.psk === undefined && !isTold)
    refuse(
      ['trust'],
      `with tls: ${tls} and without psk nobody vouches for clients; use two-way, two-way-optional or psk, or leave trust out`,
    );
  if (tls === 'off')
    for (const field of fieldsOfTls(listener))
      refuse([field], `with tls: off there is no TLS that ${field} could be for; use one-way, or leave it out`);
  const first13 = listener.policy.ciphers?.find((name) => name.startsWith('TLS_'));
  if (listener.psk !== undefined && first13?.endsWith('SHA384') === true)
    refuse(
      ['policy', 'ciphers'],
      `with psk, TLS 1.3 needs a cipher with SHA-256; put TLS_AES_128_GCM_SHA256 before ${first13}`,
    );
  const seen = new Set<string>();
  for (const [index, { names = [] }] of certificates.entries())
    for (const [position, name] of names.entries()) {
      if (seen.has(name))
        refuse(['certificates', index, 'names', position], `"${name}" has a certificate already; name it once`);
      seen.add(name);
    }
}

/** Fields that are given and mean nothing without TLS. */
const fieldsOfTls = (listener: TlsFields): string[] => [
  ...(['certificate', 'alternative', 'psk', 'keyLog'] as const).filter((field) => listener[field] !== undefined),
  ...(listener.certificates.length > 0 ? ['certificates'] : []),
  ...(listener.alpn ? ['alpn'] : []),
  ...(Object.values(listener.handshakeRate).some((limit) => limit !== undefined) ? ['handshakeRate'] : []),
];
