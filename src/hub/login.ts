import { ClientRights } from './client-rights.ts';
import { hasCredentials, readCredentials } from './connect-options.ts';
import type { HubAdmission, HubGuard, HubPeer, HubVerdict } from './guard.ts';

/** Who one client is, where the hub asks. */
export class Login {
  readonly #guard: HubGuard;
  readonly #peer: HubPeer;
  #admission: HubAdmission | undefined;
  #rights: ClientRights | undefined;
  #giveUp: (() => void) | undefined;

  constructor(guard: HubGuard, peer: HubPeer) {
    this.#guard = guard;
    this.#peer = peer;
  }

  /** Undefined until it is known, and for one who may do everything. */
  get rights(): ClientRights | undefined {
    return this.#rights;
  }

  /** Undefined until it is known. */
  get user(): string | undefined {
    return this.#admission?.user;
  }

  /**
   * Asks who sends a CONNECT. Who is known already is asked about only where it says anew who it is.
   * @param json of a CONNECT that was read
   */
  ask(json: string): HubVerdict | Promise<HubVerdict | undefined> {
    const credentials = readCredentials(json);
    if (this.#admission !== undefined && !hasCredentials(credentials)) return this.#admission;
    return this.#guard.admit(this.#peer, credentials, (giveUp) => {
      this.#giveUp = giveUp;
    });
  }

  enter(admission: HubAdmission): void {
    if (admission === this.#admission) return;
    this.#admission = admission;
    this.#rights = admission.rights && new ClientRights(this.#guard, admission.rights);
  }

  /** Nobody waits for a verdict any more. */
  abandon(): void {
    this.#giveUp?.();
  }

  /** What it proved itself by counts no more. @param nowMs since the epoch */
  hasExpired(nowMs: number): boolean {
    const { expiresAtMs } = this.#admission ?? {};
    return expiresAtMs !== undefined && nowMs >= expiresAtMs;
  }
}
