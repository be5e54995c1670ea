/** A certificate and its key, PEM. */
export interface ServerPair {
  /** The server certificate, followed by its intermediate. */
  readonly cert: string;
  readonly key: string;
}

/** A certificate with, beside it, one for the same names and with another type of key. */
export interface ServerChoice extends ServerPair {
  /** For clients that cannot verify the first, e.g. RSA beside ECDSA; TLS chooses by what a client can do. */
  readonly alternative?: ServerPair;
}

/** A certificate that is shown to clients which ask for one of its names (SNI). */
export interface NamedPair extends ServerChoice {
  /** Lower case, `*.` for one label; undefined: the DNS names in the certificate. */
  readonly names: readonly string[] | undefined;
}

/** What one listener has in place of the common material. */
export interface OwnMaterial {
  /** In place of the common certificate and key. */
  readonly pair?: ServerPair;
  /** Beside `pair`, or beside the common certificate where there is no `pair`. */
  readonly alternative?: ServerPair;
  /** In place of the common trust anchors. */
  readonly clientCa?: string;
  readonly named: readonly NamedPair[];
}

interface SharedMaterial extends ServerPair {
  readonly clientCa: string;
  /** By the name of the listener. */
  readonly own?: ReadonlyMap<string, OwnMaterial> | undefined;
}

/** What a listener shows and trusts: the common material, but for what it has of its own. */
export function materialOf<T extends SharedMaterial>(
  material: T,
  listener: string,
): T & Pick<OwnMaterial, 'named' | 'alternative'> {
  const own = material.own?.get(listener);
  const clientCa = own?.clientCa ?? material.clientCa;
  const alternative = own?.alternative === undefined ? {} : { alternative: own.alternative };
  return { ...material, ...own?.pair, ...alternative, clientCa, named: own?.named ?? [] };
}

/** Whether there is a name for which TLS chooses among two certificates. */
export const hasAlternatives = ({ alternative, named }: Pick<OwnMaterial, 'named' | 'alternative'>): boolean =>
  alternative !== undefined || named.some((pair) => pair.alternative !== undefined);
