import { asksForProof } from '../../auth/check-authentication.ts';
import { readablePasswords } from '../checks-access.ts';
import type { Config } from '../schema.ts';
import { isReached, seesCertificates, takesClients } from './reach.ts';
import type { SecurityFinding, SecurityRule } from './security-finding.ts';

/** What of access takes more than one setting to see. */
export const accessRules: readonly SecurityRule[] = [
  { judges: ['access.rules'], find: withoutRules },
  {
    judges: ['access.rules[].allow', 'access.rules[].topics'],
    find: ({ access }) => access.rules.flatMap((rule, index) => (allowsAll(rule) ? [wideRule(index)] : [])),
  },
  { judges: ['access.passwords.argon2.memory', 'access.passwords.argon2.passes'], find: cheapHashes },
  { judges: ['access.http.authenticate.headers', 'access.http.authorize.headers'], find: writtenSecrets },
  {
    judges: ['access.http.authenticate.url', 'access.http.authorize.url', 'access.jwt.keySet.url'],
    find: readable,
  },
  { judges: ['enrollment.rules[].commonNames'], find: enrollers },
];

function withoutRules({ access, listeners }: Config): SecurityFinding[] {
  const whoever = listeners.filter(
    (listener) => takesClients(listener) && (asksForProof(listener, access) || seesCertificates(listener)),
  );
  const isAsked = access.http.authorize !== undefined || access.nats.authorize !== undefined;
  if (access.rules.length > 0 || isAsked || whoever.length === 0) return [];
  return [
    {
      path: ['access', 'rules'],
      grade: whoever.some(isReached) ? 'warning' : 'note',
      meaning: 'whoever is in may publish and read every topic, those of every other client too',
      advice: 'write rules (docs/access-rules.md); with the first one, what none allows is denied',
    },
  ];
}

type Rule = Config['access']['rules'][number];

const conditions = ['user', 'group', 'clientId', 'certificate', 'claim', 'listener', 'address'] as const;

/** Whether it lets everybody do something with every topic. */
const allowsAll = (rule: Rule): boolean =>
  rule.allow !== undefined &&
  conditions.every((name) => rule[name] === undefined) &&
  (rule.topics === undefined || rule.topics.includes('#'));

const wideRule = (index: number): SecurityFinding => ({
  path: ['access', 'rules', index],
  grade: 'warning',
  meaning: 'it allows this to every client on every topic that no rule above it denies',
  advice: 'say to whom (user, group, clientId, certificate, claim), or name the topics',
});

/** KiB that the passes of one hash fill, of which OWASP asks for as much at least (19 MiB in 2 passes, 7 MiB in 5). */
export const leastArgon2Work = 35 * 1_024;

function cheapHashes({ access: { passwords } }: Config): SecurityFinding[] {
  if (passwords === undefined) return [];
  const { memory, passes } = passwords.argon2;
  if ((memory / 1_024) * passes >= leastArgon2Work) return [];
  return [
    {
      path: ['access', 'passwords', 'argon2', 'memory'],
      grade: 'warning',
      meaning: 'who gets the password file guesses passwords faster than need be',
      advice: 'use 19MiB with 2 passes, or more',
    },
  ];
}

const secretHeader = /^(authorization|proxy-authorization|cookie)$|token|secret|key|password/;

function writtenSecrets({ access }: Config): SecurityFinding[] {
  return (['authenticate', 'authorize'] as const).flatMap((question) =>
    Object.keys(access.http[question]?.headers ?? {})
      .filter((name) => secretHeader.test(name))
      .map((name) => ({
        path: ['access', 'http', question, 'headers', name],
        grade: 'warning' as const,
        meaning:
          'a secret stands in the configuration, which is copied, mailed and checked in more than files of secrets are',
        advice: `use access.http.${question}.authorization with { file: PATH } or { env: NAME }`,
      })),
  );
}

/** What `config check` warns of too: each of its sentences has its advice behind a semicolon. */
function readable(config: Config): SecurityFinding[] {
  return readablePasswords(config).map(({ path, message }) => {
    const [meaning = message, advice = ''] = message.split('; ');
    return { path, grade: 'grave', meaning, advice };
  });
}

function enrollers({ enrollment }: Config): SecurityFinding[] {
  return enrollment.rules.flatMap(({ commonNames }, index) =>
    commonNames.includes('*')
      ? [
          {
            path: ['enrollment', 'rules', index, 'commonNames'],
            grade: 'warning' as const,
            meaning:
              'who has this certificate gets one for every name, that of an administrator or of this installer too',
            advice: 'name what its devices are called, e.g. pump-*',
          },
        ]
      : [],
  );
}
