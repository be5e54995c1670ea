import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { composeConfig, type LoadedConfig } from './compose.ts';
import { formatProblem } from './problems.ts';

const compose = (text: string, env: Record<string, string> = {}, flags: string[] = []) =>
  composeConfig({ file: { name: 'v.yaml', text }, env, flags });

/** The problems of a file, as they are printed. */
function problemsOf(text: string, env: Record<string, string> = {}, flags: string[] = []): string[] {
  const composed = compose(text, env, flags);
  return composed.kind === 'refused' ? composed.problems.map(formatProblem) : [];
}

function loaded(text: string, env: Record<string, string> = {}, flags: string[] = []): LoadedConfig {
  const composed = compose(text, env, flags);
  if (composed.kind === 'refused') throw new Error(composed.problems.map(formatProblem).join('\n'));
  return composed;
}

describe('values', () => {
  test('without a file every setting has its default', () => {
    const composed = composeConfig({ env: {}, flags: [] });
    expect(composed).toMatchObject({
      kind: 'loaded',
      config: { limits: { packetSize: 1_048_576 }, bridge: { rules: [{ name: 'signal' }] } },
    });
  });

  test('an empty file and a file of comments are the defaults', () => {
    expect(loaded('').config).toEqual(loaded('# nothing yet\n').config);
  });

  test('a section whose lines are all commented out is its defaults', () => {
    expect(loaded('limits:\n  # packetSize: 2MiB\n').config.limits.packetSize).toBe(1_048_576);
  });

  test('JSON is read like YAML', () => {
    expect(loaded('{"log": {"level": "warn"}}').config.log.level).toBe('warn');
  });

  test('defaults < file < environment < flags', () => {
    const file = 'log: { level: warn }';
    const env = { VIADUCT_LOG_LEVEL: 'error' };
    expect(loaded('').config.log.level).toBe('info');
    expect(loaded(file).config.log.level).toBe('warn');
    expect(loaded(file, env).config.log.level).toBe('error');
    expect(loaded(file, env, ['log.level=debug']).config.log.level).toBe('debug');
  });

  test('one element of a default list can be changed from outside', () => {
    const { config, origins } = loaded('', { VIADUCT_LISTENERS_1_BIND: '127.0.0.1:0' });
    expect(config.listeners.map(({ bind }) => bind.port)).toEqual([8883, 0, 8084]);
    expect(origins.get('listeners[1].bind')).toEqual({ kind: 'environment', from: 'VIADUCT_LISTENERS_1_BIND' });
    expect(origins.get('listeners[0].bind')).toEqual({ kind: 'default' });
  });

  test('the position after the last adds an element', () => {
    const flags = ['bridge.rules[1].name=more', 'bridge.rules[1].topic=x/#', 'bridge.rules[1].subject=x.>'];
    expect(loaded('', {}, flags).config.bridge.rules.map(({ name }) => name)).toEqual(['signal', 'more']);
  });

  test('a secret by variable replaces one by file', () => {
    const file = 'nats: { servers: ["nats://a:4222"], token: { file: /run/token } }';
    expect(loaded(file, { VIADUCT_NATS_TOKEN_ENV: 'TOKEN' }).config.nats.token).toEqual({ env: 'TOKEN' });
  });

  test('every value knows where it was written', () => {
    const { origins } = loaded('log:\n  level: warn\n', {}, ['log.format=json']);
    expect(origins.get('log.level')).toEqual({ kind: 'file', file: 'v.yaml', line: 2, column: 10 });
    expect(origins.get('log.format')).toEqual({ kind: 'flag', from: '--set log.format' });
    expect(origins.get('store.type')).toEqual({ kind: 'default' });
  });

  test('a value behind an alias is where the anchor is', () => {
    const { origins } = loaded('certificates: { names: &n [a.example] }\naccess: { anonymous: never }\nnode: x\n');
    expect(origins.get('certificates.names')).toMatchObject({ line: 1 });
  });
});

describe('problems of the file', () => {
  test.each([
    ['log: { levle: warn }', 'v.yaml:1:8  log.levle: unknown key; did you mean "level"?'],
    ['log: { zzzzzz: 1 }', 'v.yaml:1:8  log.zzzzzz: unknown key; known here: level, format'],
    ['lisstener: 4', 'v.yaml:1:1  lisstener: unknown key; did you mean "listeners"?'],
    [
      'log: { level: warning }',
      'v.yaml:1:15  log.level: "warning" is not allowed; use debug, info, warn or error; did you mean "warn"?',
    ],
    ['console: { enabled: "yes" }', 'v.yaml:1:21  console.enabled: expected true or false; got "yes"'],
    ['bridge:\n  maxHops: 99', 'v.yaml:2:12  bridge.maxHops: 99 is out of range; use 1 to 64'],
    ['bridge: { maxHops: 1.5 }', 'v.yaml:1:20  bridge.maxHops: expected integer, 1 to 64; got 1.5'],
    ['limits: { sessionExpiry: 5 }', 'v.yaml:1:26  limits.sessionExpiry: expected duration such as "30s"; got 5'],
    [
      'limits: { packetSize: 1MB }',
      'v.yaml:1:23  limits.packetSize: "1MB" is not a size; write a number and B, KiB, MiB or GiB, e.g. "1MiB"',
    ],
    ['log: warn', 'v.yaml:1:6  log: expected a mapping with level, format; got "warn"'],
    ['listeners: []', 'v.yaml:1:12  listeners: has 0 entries; use at least 1'],
    ['certificates: { directory: "" }', 'v.yaml:1:28  certificates.directory: is empty; give a value'],
    ['store: { type: flopy }', 'v.yaml:1:16  store.type: "flopy" is not allowed; use disk, memory or redis'],
    [
      'access: { anonymous: loopbak }',
      'v.yaml:1:22  access.anonymous: expected loopback, never or list of string; got "loopbak"; did you mean "loopback"?',
    ],
    ['access: { anonymous: [mqtts, 5] }', 'v.yaml:1:30  access.anonymous[1]: expected string; got 5'],
    ['- a\n- b', expect.stringMatching(/^v\.yaml:1:1 {2}expected a mapping with node, listeners, .*; got a list$/)],
    ['listeners: 5', 'v.yaml:1:12  listeners: expected list; got 5'],
    ['node: "a b"', 'v.yaml:1:7  node: "a b" is not allowed; use letters, digits, hyphen and underscore, at most 64'],
  ])('%s', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test('what is missing is reported at the mapping that lacks it', () => {
    const text = 'listeners:\n  - name: devices\n    tls: "off"\n    accept: [mqtt]\n';
    expect(problemsOf(text)).toEqual([
      'v.yaml:2:5  listeners[0].bind: is missing; expected string "host:port" (Address to listen on, host:port; port 0 takes a free port)',
    ]);
  });

  test('a port out of range says which are allowed', () => {
    const text = 'listeners:\n  - { name: a, bind: "127.0.0.1:70000", tls: two-way, accept: [mqtt] }\n';
    expect(problemsOf(text)).toEqual([
      'v.yaml:2:22  listeners[0].bind: port 70000 is out of range; use 0 to 65535 (0 takes a free port)',
    ]);
  });

  test('a path without a slash says how it must begin', () => {
    const text = 'listeners: [{ name: a, bind: "127.0.0.1:1", tls: auto, accept: [mqtt], path: mqtt }]';
    expect(problemsOf(text)).toEqual(['v.yaml:1:78  listeners[0].path: "mqtt" is not allowed; start it with "/"']);
  });

  test('all problems are listed at once, from top to bottom, mistakes between sections among them', () => {
    const text = [
      'listeners:',
      '  - { name: a, bind: "0.0.0.0:1883", tls: "off", accept: [mqtt] }',
      'log: { level: loud }',
      'bridge:',
      '  rules:',
      '    - { name: all, topic: "all/#", subject: ">" }',
      'zzz: 1',
    ].join('\n');
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^v\.yaml:2:22 {2}listeners\[0\]\.bind: 0\.0\.0\.0:1883 is reachable from other machines/),
      expect.stringMatching(/^v\.yaml:3:15 {2}log\.level: "loud" is not allowed/),
      expect.stringMatching(
        /^v\.yaml:6:45 {2}bridge\.rules\[0\]\.subject: .*lets any MQTT client choose the NATS subject/,
      ),
      expect.stringMatching(/^v\.yaml:7:1 {2}zzz: unknown key/),
    ]);
  });
});

describe('a mistake in one entry of a list', () => {
  const rules = (...lines: readonly string[]): string =>
    ['bridge:', '  rules:', ...lines.map((line) => `    - { ${line} }`)].join('\n');

  test('does not hide what is wrong with the others, each at its own place', () => {
    const text = rules(
      'name: a, topic: "a/#", subject: "a.>", direction: to-nat',
      'name: b, topic: "b/#", subject: ">"',
      'name: c, topic: "c/{x", subject: "c.{x}"',
      'name: d, topic: "d/#", subject: "d.>"',
      'name: e, topic: "e/#", subject: "e.>", ack: never',
      'name: d, topic: "f/#", subject: "f.>"',
      'name: g, topic: "d/#", subject: "d.>"',
    );
    expect(problemsOf(text).map((problem) => problem.replace(/:\d+ {2}/, ' '))).toEqual([
      expect.stringMatching(/^v\.yaml:3 bridge\.rules\[0\]\.direction: "to-nat" is not allowed/),
      expect.stringMatching(/^v\.yaml:4 bridge\.rules\[1\]\.subject: .*lets any MQTT client choose/),
      expect.stringMatching(/^v\.yaml:5 bridge\.rules\[2\]\.topic: /),
      expect.stringMatching(/^v\.yaml:7 bridge\.rules\[4\]\.ack: "never" is not allowed/),
      expect.stringMatching(/^v\.yaml:8 bridge\.rules\[5\]\.name: /),
      expect.stringMatching(/^v\.yaml:9 bridge\.rules\[6\]/),
    ]);
  });

  test('does not hide what a listener must have as a whole, and makes no problem of a name that it has', () => {
    const text = [
      'listeners:',
      '  - { name: a, bind: "127.0.0.1:1", tls: of, accept: [mqtt] }',
      '  - { name: b, bind: "127.0.0.1:2", tls: one-way, accept: [mqtt], key: k }',
      '  - { name: b, bind: "127.0.0.1:3", tls: one-way, accept: [mqtt] }',
      'access: { anonymous: [a] }',
    ].join('\n');
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^v\.yaml:2:.*listeners\[0\]\.tls: "of" is not allowed/),
      expect.stringMatching(/^v\.yaml:3:.*listeners\[1\]\.key: a private key without its certificate/),
      expect.stringMatching(/^v\.yaml:4:.*listeners\[2\]\.name: "b" is the name of two listeners/),
    ]);
  });
});

describe('settings that exclude each other', () => {
  test.each(['/', '/metrics', '/healthz'])('path %s with http, which has a page there', (path) => {
    const listener = (accept: string): string =>
      `listeners: [{ name: a, bind: "127.0.0.1:1", tls: one-way, accept: ${accept}, path: ${path} }]`;
    expect(problemsOf(listener('[websocket, http]'))).toEqual([
      expect.stringMatching(/listeners\[0\]\.path: .* is a page of the listener too/),
    ]);
    expect(problemsOf(listener('[websocket]'))).toEqual([]);
  });
});

describe('broken YAML', () => {
  test('a syntax error is placed', () => {
    expect(problemsOf('log: { level: warn\nnode: x\n')).toEqual([
      expect.stringMatching(/^v\.yaml:2:\d+ {2}not valid YAML: /),
      ...Array.from({ length: problemsOf('log: { level: warn\nnode: x\n').length - 1 }, () => expect.anything()),
    ]);
  });

  test('a tab as indent is named', () => {
    expect(problemsOf('log:\n\tlevel: warn\n')).toContain('v.yaml:2:1  a tab cannot indent YAML; use spaces');
  });

  test('a key given twice is named with its second place, beside all other problems', () => {
    expect(problemsOf('log: { level: loud }\nnode: x\nlog: { level: loud }\n')).toEqual([
      expect.stringContaining('log.level: "loud" is not allowed'),
      'v.yaml:3:1  this key is given twice in one mapping; keep one of them',
    ]);
  });

  test('a second document is refused', () => {
    expect(problemsOf('node: a\n---\nnode: b\n')).toEqual([
      'v.yaml:2:1  a second YAML document begins here; keep one document in the file',
    ]);
  });

  test('aliases that explode are refused', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]', 'b', 'c', 'd', 'e', 'f'].map((name, index, all) =>
      index === 0
        ? name
        : `${name}: &${name} [${Array(10)
            .fill(`*${all[index - 1]?.[0]}`)
            .join(', ')}]`,
    );
    expect(problemsOf(bomb.join('\n'))).toContain('v.yaml:1:1  its aliases cannot be resolved; write the values out');
  });

  test('no text makes it throw, and every problem has a place', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.stringMatching(/^[-ab:[\]{}&*!|>'"%@` \n\t#,]*$/),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const composed = compose(text);
        return (
          composed.kind === 'loaded' || composed.problems.every(({ line = 0, column = 0 }) => line > 0 && column > 0)
        );
      }),
    );
  });
});

describe('problems from outside the file', () => {
  test('a misspelt variable suggests the right one', () => {
    expect(problemsOf('', { VIADUCT_LIMITS_PACKET_SIZE: '1MiB' })).toEqual([
      'VIADUCT_LIMITS_PACKET_SIZE: no setting has this name; did you mean "VIADUCT_LIMITS_PACKETSIZE"?',
    ]);
  });

  test('a wrong value names its variable or flag, not the file', () => {
    expect(problemsOf('log: { level: warn }', { VIADUCT_LOG_LEVEL: 'loud' }, ['bridge.maxHops=none'])).toEqual([
      'VIADUCT_LOG_LEVEL: "loud" is not allowed; use debug, info, warn or error',
      '--set bridge.maxHops: expected integer, 1 to 64; got "none"',
    ]);
  });

  test('a value inside a list given in one line is named by its place in it', () => {
    const env = { VIADUCT_LISTENERS: '[{ name: a, bind: "127.0.0.1:0", tls: maybe, accept: [mqtt] }]' };
    expect(problemsOf('', env)).toEqual([
      'VIADUCT_LISTENERS: listeners[0].tls: "maybe" is not allowed; use off, one-way, two-way, two-way-optional or auto',
    ]);
  });

  test('a gap in a list is refused', () => {
    expect(problemsOf('', { VIADUCT_BRIDGE_RULES_5_NAME: 'x' })).toEqual([
      'VIADUCT_BRIDGE_RULES_5_NAME: bridge.rules[5] leaves a gap; the next free place is bridge.rules[1]',
    ]);
  });

  test('a variable that a secret refers to is no misspelt setting', () => {
    const file = 'nats: { servers: ["nats://a:4222"], token: { env: VIADUCT_TOKEN } }';
    expect(problemsOf(file, { VIADUCT_TOKEN: 'pw' })).toEqual([]);
  });
});

describe('secrets', () => {
  const secret = 'hunter2';

  test.each([
    ['a secret in the file', () => problemsOf(`nats: { password: ${secret} }`)],
    ['a secret in a variable', () => problemsOf('', { VIADUCT_NATS_TOKEN: secret })],
    ['a secret in a flag', () => problemsOf('', {}, [`nats.nkey=${secret}`])],
    ['a secret in broken YAML', () => problemsOf('', { VIADUCT_NATS_TOKEN: `{ file: ${secret}` })],
    ['a password in a URL', () => problemsOf(`nats: { servers: ["http://u:${secret}@a"] }`)],
    ['a mapping that is neither', () => problemsOf(`nats: { password: { fil: ${secret} } }`)],
  ])('%s is refused and not shown', (_, run) => {
    const problems = run();
    expect(problems).toHaveLength(1);
    expect(problems.join('\n')).not.toContain(secret);
  });

  /** Behind a slash or a question mark it would be a path. */
  const raw = fc.string({ unit: 'grapheme-ascii', maxLength: 6 }).map((text) => text.replaceAll(/[/?]/g, '.'));

  test('no problem shows the password of a URL, whatever stands around it', () => {
    const places = [
      (url: string) => ({ nats: { servers: [url] } }),
      (url: string) => ({ store: { type: 'redis', redis: { url } } }),
      (url: string) => ({ access: { http: { authenticate: { url } } } }),
      (url: string) => ({ access: { jwt: { keySet: { url } } } }),
      (url: string) => ({ log: { level: url } }),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...places), raw, raw, raw, (place, user, before, after) => {
        const url = `https://${user}:${before}${secret}${after}@host`;
        const problems = problemsOf(JSON.stringify(place(url)));
        expect(problems).not.toEqual([]);
        expect(problems.join('\n')).not.toContain(secret);
      }),
      { numRuns: 60 },
    );
  });
});
