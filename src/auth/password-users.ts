import type { Component } from '../kernel/lifecycle.ts';

/** What is kept of a password, with which a client is known and to which a server is known, and from which neither can be played. */
export interface ScramVerifier {
  readonly salt: Buffer;
  readonly iterations: number;
  /** 32 bytes, as the next. */
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** The users of the file, as it is now. */
export interface PasswordUsers extends Component {
  /** @returns the hash that a password is held against; undefined where there is no such user */
  find(user: string): string | undefined;
  /** @returns what SCRAM goes by, as it stands in the file; undefined where the user has none */
  findVerifier(user: string): string | undefined;
  /** @returns what a user is held against by SCRAM: its own verifier, or one that fits no password */
  verifierOf(user: string): ScramVerifier;
}
