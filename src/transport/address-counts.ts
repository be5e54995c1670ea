import { siteOf } from '../kernel/networks.ts';

/** How many connections each address has, each /64 of IPv6. */
export class AddressCounts {
  readonly #counts = new Map<string, number>();

  /** @returns false where it has as many as it may; then nothing is counted */
  take(address: string, most: number): boolean {
    const site = siteOf(address);
    const count = this.#counts.get(site) ?? 0;
    if (count >= most) return false;
    this.#counts.set(site, count + 1);
    return true;
  }

  /** One that was counted is gone. */
  give(address: string): void {
    const site = siteOf(address);
    const left = (this.#counts.get(site) ?? 0) - 1;
    if (left > 0) this.#counts.set(site, left);
    else this.#counts.delete(site);
  }
}
