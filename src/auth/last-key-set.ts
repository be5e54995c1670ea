import type { KeyObject } from 'node:crypto';

/** Something that signatures are checked with. */
export interface VerificationKey {
  readonly key: KeyObject;
  /** `kid` of a key set; undefined: it may be meant by any token. */
  readonly keyId: string | undefined;
  /** The only one that it is for (`alg`); undefined: all that go with its kind. */
  readonly algorithm: string | undefined;
}

/** A key set, and when it was fetched. */
export interface FetchedKeys {
  readonly keys: readonly VerificationKey[];
  /** Monotonic. */
  readonly fetchedMs: number;
}

/** The key set that was fetched last. It outlives a reload, after which its server may be away. */
export class LastKeySet {
  #last: { readonly id: string; readonly set: FetchedKeys } | undefined;

  /** @param id all that decides what is in the set */
  get(id: string): FetchedKeys | undefined {
    return this.#last?.id === id ? this.#last.set : undefined;
  }

  put(id: string, set: FetchedKeys): void {
    this.#last = { id, set };
  }
}
