/** What stands between the dashes of a PEM text (RFC 7468 4). */
export type PemLabel =
  | 'CERTIFICATE'
  | 'CERTIFICATE REQUEST'
  | 'NEW CERTIFICATE REQUEST'
  | 'X509 CRL'
  | 'PRIVATE KEY'
  | 'ENCRYPTED PRIVATE KEY';

export interface PemBlocks {
  /** Each with its first and last line; text around them and blocks of other kinds are passed over. */
  readonly blocks: readonly string[];
  /** One more begins than ends. */
  readonly isCutOff: boolean;
}

/** The blocks of one kind in a text. */
export function pemBlocks(text: string, label: PemLabel): PemBlocks {
  const blocks = text.match(new RegExp(`${beginOf(label)}[^-]*-----END ${label}-----`, 'g')) ?? [];
  return { blocks, isCutOff: text.split(beginOf(label)).length - 1 > blocks.length };
}

/** The line that a block begins with. */
export const beginOf = (label: PemLabel): string => `-----BEGIN ${label}-----`;

/** Whether a block of this kind begins in the text. */
export const beginsPem = (text: string, label: PemLabel): boolean => text.includes(beginOf(label));

/** The bytes of one block; what is no base64 in it is passed over. */
export const derOfPem = (block: string): Buffer => Buffer.from(block.split('-----')[2] ?? '', 'base64');

/** The PEM text of DER bytes. */
export const pemOf = (label: PemLabel, der: Buffer): string =>
  `${beginOf(label)}\n${der.toString('base64').replace(/(.{64})(?=.)/g, '$1\n')}\n-----END ${label}-----\n`;
