import { defineEvent } from '../../kernel/telemetry-ports.ts';

export const passwordsRead = defineEvent<{ file: string; users: number }>({
  counter: 'auth_password_file_reads_total',
  help: 'Times that the password file was read and counts from then on.',
  labels: [],
  level: 'info',
  isSecurity: true,
  message: ({ file, users }) => `${file} counts from now on: ${users} user${users === 1 ? '' : 's'} with a password`,
});

export const passwordsNotTaken = defineEvent<{ problem: string }>({
  counter: 'auth_password_file_failures_total',
  help: 'Times that a changed password file was not taken over, because it cannot be read or a line is wrong.',
  labels: [],
  level: 'error',
  isSecurity: true,
  message: ({ problem }) =>
    `the users of before stay, as the password file has changed and cannot be taken: ${problem}`,
});

export const passwordJudged = defineEvent<{ verdict: 'right' | 'wrong'; by: 'hash' | 'memory'; user: string }>({
  counter: 'auth_passwords_total',
  help: 'Passwords of CONNECTs that were held against the password file, by a look at the hash or from memory.',
  labels: ['verdict', 'by'],
  level: 'debug',
  message: ({ verdict, by, user }) => `the password for user ${user} is ${verdict} (${by})`,
});

export const passwordRehashed = defineEvent<{ file: string; count: number }>({
  counter: 'auth_password_rehashes_total',
  help: 'Times that hashes of an older form or cost were written anew into the password file.',
  labels: [],
  level: 'info',
  message: ({ file, count }) =>
    `${file} keeps the password${count === 1 ? '' : 's'} of ${count} user${count === 1 ? '' : 's'} as argon2id from now on`,
});

/** Told once until it works again. */
export const passwordNotRehashed = defineEvent<{ file: string; problem: string }>({
  counter: 'auth_password_rehash_failures_total',
  help: 'Times that a password file could not be written with hashes anew; the old ones count on.',
  labels: [],
  level: 'warn',
  message: ({ file, problem }) =>
    `${file} cannot be written, so passwords stay in the form that they have: ${problem}; make it and its folder writable, or set access.passwords.rehash to false`,
});
