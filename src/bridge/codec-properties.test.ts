import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { subjectToTopic, topicToSubject } from './mapping/codec.ts';
import { type CodecOptions, codecOptions, defaultCodec } from './mapping/codec-options.ts';
import { codecSchema } from './schema.ts';

const codecOf = (config: object): CodecOptions => codecOptions(codecSchema.parse(config));
const refusing = codecOf({ special: 'refuse' });
const lenient: CodecOptions = { ...defaultCodec, loneSlash: 'literal' };

const valueOf = (mapped: ReturnType<typeof topicToSubject>): string =>
  mapped.kind === 'mapped' ? mapped.value : `! ${mapped.reason}`;

/** The table of nats-server, walked character by character as it is written down, to compare with. */
function upstreamTopicToSubject(topic: string): string {
  let out = '';
  for (const [at, character] of Array.from(topic).entries()) {
    if (character === '.') out += '//';
    else if (character !== '/') out += character;
    else if (at === 0 || out.endsWith('.')) out += '/.';
    else if (at === topic.length - 1 || topic[at + 1] === '/') out += './';
    else out += '.';
  }
  return out.endsWith('.') ? `${out}/` : out;
}

/** The reverse table: `.` is `/`, `/.` is `/`, `//` is `.`, and a final `/` is nothing; undefined for any other `/`. */
function upstreamSubjectToTopic(subject: string): string | undefined {
  let out = '';
  for (let at = 0; at < subject.length; at++) {
    const [character, next] = [subject[at], subject[at + 1]];
    if (character === '.') out += '/';
    else if (character !== '/') out += character;
    else if (next === '.') {
      out += '/';
      at++;
    } else if (next === '/') {
      out += '.';
      at++;
    } else if (next === undefined && (at === 0 || subject[at - 1] === '.')) return out;
    else return undefined;
  }
  return out;
}

/** Every string over the alphabet of 1 to `longest` characters. */
function* strings(alphabet: string, longest: number): Generator<string> {
  let previous = [''];
  for (let length = 1; length <= longest; length++) {
    previous = previous.flatMap((text) => Array.from(alphabet).map((character) => text + character));
    yield* previous;
  }
}

// oxlint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u0020\u007f]/;
const isSafeSubject = (subject: string): boolean =>
  !unsafe.test(subject) && subject.split('.').every((token) => token !== '' && token !== '*' && token !== '>');

/** Any topic that a PUBLISH may carry, rich in the characters that matter here. */
const topics = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...Array.from('abx20/.* >$\t\n\u000b\u0001\u007fé😀')) },
      fc.string({ unit: 'binary', maxLength: 1 }),
    ),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((characters) => characters.join('').replace(/[+#]/g, '_').replaceAll('\u0000', '_'))
  .filter((topic) => topic !== '' && topicToSubject(topic).kind === 'mapped');

describe('every short string', () => {
  test('over {a / .} up to 7 characters is spelled as nats-server spells it, and comes back (3,279 topics)', () => {
    const seen = new Set<string>();
    for (const topic of strings('a/.', 7)) {
      const subject = valueOf(topicToSubject(topic));
      expect(subject).toBe(upstreamTopicToSubject(topic));
      expect(isSafeSubject(subject)).toBe(true);
      expect(valueOf(subjectToTopic(subject))).toBe(topic);
      seen.add(subject);
    }
    expect(seen.size).toBe(3_279);
  });

  test('over {x 2 0 / . space} up to 5 characters has a subject of its own and comes back (9,330 topics)', () => {
    const seen = new Set<string>();
    for (const topic of strings('x20/. ', 5)) {
      const subject = valueOf(topicToSubject(topic));
      expect([subject, isSafeSubject(subject), valueOf(subjectToTopic(subject))]).toEqual([subject, true, topic]);
      seen.add(subject);
    }
    expect(seen.size).toBe(9_330);
  });

  test('as a subject over {a / .} is read by the table of nats-server, except for a lone slash', () => {
    for (const subject of strings('a/.', 7)) {
      if (subject.split('.').includes('')) continue;
      const topic = upstreamSubjectToTopic(subject);
      const refused = topic === '' ? '! empty' : '! lone-slash';
      expect(valueOf(subjectToTopic(subject))).toBe(topic === undefined || topic === '' ? refused : topic);
    }
  });
});

describe('any topic', () => {
  test('comes back from its subject', () => {
    fc.assert(fc.property(topics, (topic) => valueOf(subjectToTopic(valueOf(topicToSubject(topic)))) === topic));
  });

  test('has a subject of its own', () => {
    fc.assert(
      fc.property(topics, topics, (a, b) => a === b || valueOf(topicToSubject(a)) !== valueOf(topicToSubject(b))),
    );
  });

  test('injects no wildcard token, white space, control byte or empty token, whatever the options', () => {
    const options = fc.constantFrom(
      defaultCodec,
      refusing,
      codecOf({ compat: 'nats-2.9' }),
      codecOf({ compat: 'emqx-gateway' }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), options, (topic, codec) => {
        const subject = topicToSubject(topic, codec);
        return subject.kind === 'unmappable' || isSafeSubject(subject.value);
      }),
    );
    fc.assert(fc.property(topics, (topic) => isSafeSubject(valueOf(topicToSubject(topic)))));
  });

  test('is never a wildcard, whatever subject it comes from', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.constantFrom(defaultCodec, lenient),
        (subject, codec) => {
          const topic = subjectToTopic(subject, codec);
          return (
            topic.kind === 'unmappable' ||
            (topic.value !== '' && !['+', '#', '\u0000'].some((character) => topic.value.includes(character)))
          );
        },
      ),
    );
  });
});
