/** A certificate and its key, PEM. */
export interface ServerPair {
  /** The server certificate, followed by its intermediate. */
  readonly cert: string;
  readonly key: string;
}

/** A certificate that is shown to clients which ask for one of its names (SNI). */
export interface NamedPair extends ServerPair {
  /** Lower case, `*.` for one label; undefined: the DNS names in the certificate. */
  readonly names: readonly string[] | undefined;
}

/** What one listener has in place of the common material. */
export interface OwnMaterial {
  /** In place of the common certificate and key. */
  readonly pair?: ServerPair;
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
export function materialOf<T extends SharedMaterial>(material: T, listener: string): T & Pick<OwnMaterial, 'named'> {
  const own = material.own?.get(listener);
  const clientCa = own?.clientCa ?? material.clientCa;
  return { ...material, ...own?.pair, clientCa, named: own?.named ?? [] };
}
