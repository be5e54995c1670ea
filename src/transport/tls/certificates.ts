import { checkMaterial } from './check-material.ts';
import type { TlsMaterial } from './material.ts';

/** Where listeners get their certificates from, and learn of new ones. */
export interface CertificateSource {
  current(): TlsMaterial;
  /**
   * @param take takes the new material, or throws: then it is not changed at all.
   * @param settled called once all have taken it.
   * @returns unsubscribe.
   */
  onChange(take: () => void, settled?: () => void): () => void;
}

/**
 * Holds the certificates of the TLS listeners. New connections use new material at once, open ones live on.
 * @throws AppError `certificate-invalid` or `certificate-mismatch`; a `replace` that fails, at whichever listener, leaves
 * all of them with the old material.
 */
export function certificateSource(initial: TlsMaterial): CertificateSource & { replace(next: TlsMaterial): void } {
  checkMaterial(initial);
  let material = initial;
  const listeners = new Set<{ readonly take: () => void; readonly settled: (() => void) | undefined }>();
  return {
    current: () => material,
    onChange(take, settled) {
      const listener = { take, settled };
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    replace(next) {
      checkMaterial(next);
      const before = material;
      material = next;
      try {
        for (const { take } of listeners) take();
      } catch (cause) {
        material = before;
        for (const { take } of listeners) take();
        throw cause;
      }
      for (const { settled } of listeners) settled?.();
    },
  };
}
