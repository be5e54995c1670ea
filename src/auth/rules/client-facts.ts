import type { AuthorizedClient } from '../../broker/ports.ts';
import { type FieldName, valuesOf } from '../certificate-field.ts';

/** Values of one kind that a client has, or undefined where nobody can say now. */
export type Known = readonly string[] | undefined;

/** What rules ask of a client. */
export interface AskingClient {
  readonly user: string;
  readonly clientId: string;
  /** Undefined for a client that is not connected any more, as is the address. */
  readonly listener: string | undefined;
  readonly address: string | undefined;
  /** Groups that the provider names. */
  readonly groups: Known;
  certificate(field: FieldName): Known;
  claim(name: string): Known;
}

/** @returns the facts, read once: of a connection that is gone its certificate says nothing more */
export function factsOf({ clientId, principal, peer, attributes }: AuthorizedClient): AskingClient {
  const isKnown = peer !== undefined;
  const read = new Map<FieldName, Known>();
  return {
    user: principal,
    clientId,
    listener: peer?.listener,
    address: peer?.address,
    groups: attributes?.groups ?? (isKnown ? [] : undefined),
    certificate(field) {
      if (!isKnown) return undefined;
      const certificate = peer.tls?.certificate;
      if (certificate === undefined) return [];
      const known = read.get(field);
      if (known !== undefined) return known;
      const values = valuesOf(certificate, field);
      read.set(field, values);
      return values;
    },
    claim(name) {
      const claims = attributes?.claims;
      if (claims === undefined) return isKnown ? [] : undefined;
      return Object.hasOwn(claims, name) ? textsOf(claims[name]) : [];
    },
  };
}

/** More values of one claim are not looked at, and count as none that can be told. */
const mostValues = 256;

/** A claim is text, a number, true or false, or a list of them. */
function textsOf(claim: unknown): Known {
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  if (values.length > mostValues) return undefined;
  return values.flatMap((value) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : [],
  );
}
