import { expect, test } from 'vitest';
import { composeConfig } from './compose.ts';
import { formatProblem } from './problems.ts';

interface Listener {
  readonly authentication: string;
  readonly tls?: string;
  readonly more?: string;
  readonly access?: string;
}

function composed({ authentication, tls = 'two-way-optional', more = '', access = '' }: Listener) {
  const listener = `{ name: a, bind: "127.0.0.1:0", tls: "${tls}", accept: [mqtt], authentication: ${authentication}${more} }`;
  const text = `listeners: [${listener}]\naccess: { ${access} }`;
  return composeConfig({ file: { name: 'v.yaml', text }, env: {}, flags: [] });
}

function problemsOf(listener: Listener): string[] {
  const config = composed(listener);
  return config.kind === 'refused' ? config.problems.map(formatProblem) : [];
}

function warningsOf(listener: Listener): string[] {
  const config = composed(listener);
  if (config.kind === 'refused') throw new Error(config.problems.map(formatProblem).join('\n'));
  return config.warnings.map(formatProblem);
}

test.each([
  ['[cert]', 'no provider has the name "cert"; there are certificate, psk'],
  ['[certificate, certificate]', 'listeners[0].authentication[1]: "certificate" stands in the list already'],
  ['[certificate+certificate]', '"certificate+certificate" asks certificate twice'],
  ['[certificate+anonymous]', 'anonymous asks for nothing'],
  ['[]', 'use at least 1'],
  ['[certificate and psk]', 'use names of providers, joined by + where all of them must accept'],
])('authentication: %s is a problem that says what to do', (authentication, problem) => {
  expect(problemsOf({ authentication })).toEqual([expect.stringContaining(problem)]);
});

test('an order that reaches every provider has no warnings', () => {
  for (const authentication of ['[certificate]', '[certificate, anonymous]', '[anonymous]'])
    expect(warningsOf({ authentication })).toEqual([]);
  expect(warningsOf({ authentication: '[psk]', tls: 'one-way', more: ', psk: { identities: { file: a } }' })).toEqual(
    [],
  );
});

test.each<[Listener, string]>([
  [{ authentication: '[certificate]', tls: 'one-way' }, 'with tls: one-way no client shows a certificate'],
  [{ authentication: '[certificate]', tls: 'off' }, 'with tls: off no client shows a certificate'],
  [{ authentication: '[psk]' }, 'the listener takes no pre-shared keys'],
  [{ authentication: '[anonymous, certificate]' }, 'anonymous before it decides about every client, so this is never'],
  [{ authentication: '[anonymous]', access: 'anonymous: never' }, 'access.anonymous does not take "a"'],
  [
    { authentication: '[certificate, anonymous]', tls: 'two-way' },
    'certificate before it decides about every client, as all show one',
  ],
])('%j gets a warning, and is taken', (listener, warning) => {
  expect(warningsOf(listener)).toEqual([expect.stringContaining(warning)]);
  expect(warningsOf(listener)[0]).toMatch(/^v\.yaml:1:\d+ {2}listeners\[0\]\.authentication\[\d\]: /);
});

test('a listener that other machines reach needs no name in access.anonymous where its list has no anonymous', () => {
  const open = (rest: string) =>
    composeConfig({
      file: {
        name: 'v.yaml',
        text: `listeners: [{ name: a, bind: "0.0.0.0:0", tls: two-way-optional, accept: [mqtt]${rest} }]`,
      },
      env: {},
      flags: [],
    }).kind;
  expect(open('')).toBe('refused');
  expect(open(', authentication: [anonymous]')).toBe('refused');
  expect(open(', authentication: [certificate]')).toBe('loaded');
});

const passwords = 'passwords: { file: passwd, concurrency: 3 }';

test.each<[Listener, string]>([
  [{ authentication: '[password]' }, '"password" has nothing to go by; set access.passwords'],
  [{ authentication: '[certificate+password, certificate+password]', access: passwords }, 'stands in the list already'],
])('%j is a problem', (listener, problem) => {
  expect(problemsOf(listener)).toEqual([expect.stringContaining(problem)]);
});

test('threads that files need and passwords would take are told', () => {
  const warnings = (env: Record<string, string>) => {
    const config = composeConfig({ file: { name: 'v.yaml', text: `access: { ${passwords} }` }, env, flags: [] });
    return config.kind === 'loaded' ? config.warnings.map(formatProblem) : [];
  };
  expect(warnings({})).toEqual([
    'v.yaml:1:51  access.passwords.concurrency: 3 of the 4 threads that files need too would check passwords; set the environment variable UV_THREADPOOL_SIZE to 5, or lower it',
  ]);
  expect(warnings({ UV_THREADPOOL_SIZE: '5' })).toEqual([]);
});

test('a listener that other machines reach may ask for passwords', () => {
  const text = `listeners: [{ name: a, bind: "0.0.0.0:0", tls: one-way, accept: [mqtt] }]\naccess: { ${passwords} }`;
  expect(composeConfig({ file: { name: 'v.yaml', text }, env: {}, flags: [] }).kind).toBe('loaded');
});
