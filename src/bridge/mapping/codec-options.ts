import { type CodecConfig, codecSchema } from '../schema.ts';

/** How levels become tokens. The defaults are the rules of nats-server 2.10 and later, with our escapes added. */
export interface CodecOptions {
  /** `.` inside a topic level: written `//`, or the topic is refused. */
  readonly dot: 'double-slash' | 'refuse';
  /** An empty topic level: written as the token `/`, or the topic is refused. */
  readonly emptyLevel: 'slash' | 'refuse';
  /** White space, control characters, and levels that are exactly `*` or `>`: written `/xHH`, or the topic is refused. */
  readonly special: 'escape' | 'refuse';
  /** A `/` in a subject that no rule above explains: refused, or taken as a plain `/`. */
  readonly loneSlash: 'refuse' | 'literal';
}

const compatRules = {
  'nats-2.10+': { dot: 'double-slash', emptyLevel: 'slash' },
  'nats-2.9': { dot: 'refuse', emptyLevel: 'slash' },
  'emqx-gateway': { dot: 'refuse', emptyLevel: 'refuse' },
} as const;

/** What a configuration means for the codec. */
export function codecOptions(config: CodecConfig, isLenient = false): CodecOptions {
  const rules =
    config.compat === 'custom'
      ? { dot: config.dot ?? 'double-slash', emptyLevel: config.emptyLevel ?? 'slash' }
      : compatRules[config.compat];
  return { ...rules, special: config.special, loneSlash: isLenient ? 'literal' : 'refuse' };
}

export const defaultCodec: CodecOptions = codecOptions(codecSchema.parse(undefined));
