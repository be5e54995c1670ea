import { z } from 'zod';
import { parseSocketAddress } from './address.ts';
import { parseBytes } from './bytes.ts';
import { parseDuration } from './duration.ts';
import { parseNetwork } from './networks.ts';

/** How a changed field takes effect: at once, by restarting its component, or only with the process. */
export type ReloadKind = 'live' | 'component' | 'process';

/** What a config field says of itself; zod's `.meta()` carries it into docs, JSON Schema and `config explain`. */
export interface FieldMeta {
  readonly description: string;
  readonly reload: ReloadKind;
  /** Shown as `***` wherever configuration is printed. */
  readonly secret?: boolean;
  /** Of a setting that bounds work or memory. */
  readonly limit?: Limit;
}

/** Whose work or memory a limit bounds, from the smallest to all of a node. */
export const limitScopes = ['packet', 'connection', 'session', 'user', 'address', 'listener', 'link', 'node'] as const;
export type LimitScope = (typeof limitScopes)[number];

/** What docs/security.md and `config explain --group limits` tell of a limit. */
export interface Limit {
  readonly bounds: LimitScope;
  /** Why its default is what it is. */
  readonly why: string;
  /** What the one beyond it sees. */
  readonly client: string;
  /** What counts it in /metrics, without the prefix: `connections_dropped_total{reason="max-pending"}`. */
  readonly metric?: string;
}

/** A duration such as `"30s"`; the parsed value is milliseconds. Give defaults with `.prefault('30s')`. */
export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, {
    error: (issue) => `"${String(issue.input)}" is not a duration; write a number and ms, s, m, h or d, e.g. "30s"`,
    abort: true,
  })
  .transform((text, context) => parseDuration(text) ?? tooLarge(text, context));

/** A size such as `"1MiB"`; the parsed value is bytes. Give defaults with `.prefault('1MiB')`. */
export const byteSize = z
  .string()
  .regex(/^\d+(B|KiB|MiB|GiB)$/, {
    error: (issue) => `"${String(issue.input)}" is not a size; write a number and B, KiB, MiB or GiB, e.g. "1MiB"`,
    abort: true,
  })
  .transform((text, context) => parseBytes(text) ?? tooLarge(text, context));

/** A number that the program could not count with must not turn into another one. */
function tooLarge(text: string, context: z.RefinementCtx): never {
  context.addIssue({ code: 'custom', message: `"${text}" is too large; write a smaller number`, input: text });
  return z.NEVER;
}

/** Bytes that a queue may hold. */
export const queueBytes = byteSize.refine((bytes) => bytes >= 1_024, { error: 'use at least 1KiB' });

/** How long a message may wait in a queue. */
export const queueAge = duration.refine((ms) => ms >= 1_000, { error: 'use at least 1s' });

/** What happens to one message more than a queue may hold. */
export const onFull = z.enum(['drop-oldest', 'drop-newest', 'refuse']);

/** `host:port` or `[ipv6]:port`; the parsed value is a SocketAddress. */
export const socketAddress = z.string().transform((text, context) => {
  const parsed = parseSocketAddress(text);
  if (typeof parsed !== 'string') return parsed;
  context.addIssue({ code: 'custom', message: parsed, input: text });
  return z.NEVER;
});

/** An address or a network, `192.0.2.7` or `10.0.0.0/8`; `parseNetwork` reads it. */
export const network = z.string().superRefine((text, context) => {
  const parsed = parseNetwork(text);
  if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed, input: text });
});

/** A secret by reference, so that it never stands in the configuration: `{ file: PATH }` or `{ env: NAME }`. */
export const secretReference = z.union([
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ env: z.string().min(1) }),
]);
export type SecretReference = z.output<typeof secretReference>;
