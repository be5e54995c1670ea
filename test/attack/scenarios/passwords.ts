import { guardedAccess, knownUser } from '../../fuzz/guarded.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import type { Attack, Scenario } from '../scenario.ts';

/** A broker that checks passwords, with rules. @param isDear whether a password costs what it costs by default */
export const guarded = (isDear: boolean) => async () => {
  const directory = await temporaryDirectory();
  return {
    config: { access: await guardedAccess(directory.path, { isDear }) },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
};

/** Return codes of MQTT 3.1.1: bad user name or password, and server unavailable, for one that waited too long. */
const refusals: readonly (number | undefined)[] = [4, 3];
const connections = 40;
const leastGuesses = 20;

/** Guesses from many connections, each the next as soon as the last is answered: of a user that is there, and of others. */
async function guess(attack: Attack, untilMs: number): Promise<readonly (number | undefined)[]> {
  const codes: (number | undefined)[] = [];
  const one = async (_: unknown, index: number): Promise<void> => {
    for (let round = 0; performance.now() < untilMs && !attack.signal.aborted; round++) {
      const username = round % 2 === 0 ? knownUser.name : `user-${index}`;
      codes.push(
        await attack.codeOf({ clientId: `guess-${index}`, login: { username, password: `${index}-${round}` } }),
      );
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  return codes;
}

/** A client whose password is remembered, again and again meanwhile. */
async function comeBack(attack: Attack, untilMs: number): Promise<string[]> {
  const login = { username: knownUser.name, password: knownUser.password };
  while (performance.now() < untilMs && !attack.signal.aborted) {
    const code = await attack.codeOf({ clientId: 'knows', login });
    if (code !== 0 && !attack.signal.aborted) return [`a right password that is remembered was answered with ${code}`];
    await attack.pause(100);
  }
  return [];
}

const stuffing: Scenario = {
  name: 'credential-stuffing',
  title: 'wrong passwords of a user that is there and of users that are not, from 40 connections without end',
  isOurs: true,
  // longer than limits.authenticationTimeout, as by default: who waits too long is told so
  config: { limits: { connectTimeout: '10s' } },
  needs: guarded(true),
  memoryMiB: 400,
  seconds: { short: 60, full: 60 },
  async run(attack) {
    const login = { username: knownUser.name, password: knownUser.password };
    if ((await attack.codeOf({ clientId: 'knows', login })) !== 0) return ['the right password was refused'];
    const untilMs = performance.now() + attack.amount(20_000, 2_000);
    const [codes, faults] = await Promise.all([guess(attack, untilMs), comeBack(attack, untilMs)]);
    const odd = new Set(codes.filter((code) => !refusals.includes(code)));
    const answers =
      codes.length < leastGuesses ? [`only ${codes.length} guesses were answered, which is no attack`] : [];
    return [...faults, ...answers, ...[...odd].map((code) => `a wrong password was answered with ${code}`)];
  },
};

export const passwords: readonly Scenario[] = [stuffing];
