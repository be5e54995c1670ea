import type { CertificateSource } from './certificates.ts';

/** A source of certificates behind which another can be put; whoever follows it follows the other from then on. */
export interface CertificateSwitch extends CertificateSource {
  /** All who follow take the material of `next`, or none does. @throws what one of them throws; then nothing has changed */
  replace(next: CertificateSource): void;
  /** The same, with the material of `next` from now on: for whoever is made ready before `next` takes over. */
  ahead(next: CertificateSource): CertificateSource;
}

interface Follower {
  readonly take: () => void;
  readonly settled: (() => void) | undefined;
  unsubscribe: () => void;
}

/** @param first need not be started before somebody follows */
export function certificateSwitch(first: CertificateSource): CertificateSwitch {
  let source = first;
  const followers = new Set<Follower>();
  const following = (at: () => CertificateSource): CertificateSource['onChange'] => {
    return (take, settled) => {
      const follower: Follower = { take, settled, unsubscribe: at().onChange(take, settled) };
      followers.add(follower);
      return () => {
        follower.unsubscribe();
        followers.delete(follower);
      };
    };
  };
  return {
    current: () => source.current(),
    onChange: following(() => source),
    replace(next) {
      const before = source;
      source = next;
      try {
        for (const { take } of followers) take();
      } catch (cause) {
        source = before;
        for (const { take } of followers) take();
        throw cause;
      }
      for (const follower of followers) {
        follower.unsubscribe();
        follower.unsubscribe = next.onChange(follower.take, follower.settled);
      }
      for (const { settled } of followers) settled?.();
    },
    ahead(next) {
      let isAhead = true;
      const at = (): CertificateSource => {
        isAhead &&= source !== next;
        return isAhead ? next : source;
      };
      return { current: () => at().current(), onChange: following(at) };
    },
  };
}
