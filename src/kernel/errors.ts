/** Every error code of the program. `docs/reference/errors.md` lists them; match on these, never on a message. */
export const errorCodes = [
  'config-invalid',
  'config-unreadable',
  'port-in-use',
  'bind-failed',
  'certificate-unreadable',
  'certificate-unwritable',
  'certificate-invalid',
  'certificate-expired',
  'certificate-mismatch',
  'key-unreadable',
  'issuing-refused',
  'ledger-damaged',
  'tokens-damaged',
  'tokens-full',
  'verification-failed',
  'nats-refused',
  'nats-unreachable',
  'nats-unacknowledged',
  'nats-subject-too-long',
  'nats-too-large',
  'nats-forbidden',
  'nats-rejected',
  'jetstream-unusable',
  'rule-invalid',
  'rules-need-restart',
  'store-full',
  'store-unavailable',
  'store-damaged',
  'store-in-use',
  'store-newer',
  'store-import-refused',
  'audit-unwritable',
  'start-failed',
  'start-aborted',
  'usage',
  'topic-too-long',
  'client-refused',
  'client-failed',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** Values for programs that read the error; never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Base of every error we throw. The message says what happened, with which value, what is allowed and what to do. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** The configuration cannot be used; nothing is started. */
export class ConfigError extends AppError {}

/** A component could not start; what had started before it is stopped again. */
export class StartError extends AppError {}

/** Ends one client's connection, or refuses one message, and nothing else. */
export class ConnectionError extends AppError {}

/** A store cannot do what was asked of it; what it acknowledged before stays true. */
export class StoreError extends AppError {}
/** One bridge link is down; it is retried. */
export class LinkError extends AppError {}

/** The message of anything that was thrown, for a log line. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The `code` of a Node system error (`EADDRINUSE`, `ENOENT`, ...), or undefined. */
export const systemCode = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;

const reasons: ReadonlyMap<string | undefined, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'it is a folder'],
]);

/** Why a file cannot be read, in words. */
export const reasonOf = (cause: unknown): string => reasons.get(systemCode(cause)) ?? messageOf(cause);
