import { readName } from './certificate-parts.ts';
import type { DerValue } from './der.ts';

const ids = { commonName: '2.5.4.3', organization: '2.5.4.10' } as const;

/** Common name and organization of a name, each undefined where there is none or several. */
export function certificateName(name: DerValue): {
  readonly commonName: string | undefined;
  readonly organization: string | undefined;
} {
  const parts = readName(name);
  const one = (wanted: string): string | undefined => {
    const found = parts.filter(([id]) => id === wanted);
    return found.length === 1 ? found[0]?.[1] : undefined;
  };
  return { commonName: one(ids.commonName), organization: one(ids.organization) };
}
