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
  const blocks = blocksOf(text, label);
  return { blocks, isCutOff: text.split(beginOf(label)).length - 1 > blocks.length };
}

/** The blocks of all kinds in a text, but for keys under a passphrase in the form before PKCS #8, which have headers. */
export const allPemBlocks = (text: string): readonly string[] => blocksOf(text, '[A-Z0-9 ]+');

const blocksOf = (text: string, label: string): readonly string[] =>
  text.match(new RegExp(`-----BEGIN (${label})-----[^-]*-----END \\1-----`, 'g')) ?? [];

/** Whether something of the kind begins in the text, whatever else its label says: `EC PRIVATE KEY`, `TRUSTED CERTIFICATE`. */
export const holdsPem = (text: string, kind: 'PRIVATE KEY' | 'CERTIFICATE' | 'CERTIFICATE REQUEST'): boolean =>
  new RegExp(`-----BEGIN ([A-Z0-9]+ )*${kind}-----`).test(text);

/** The line that a block begins with. */
export const beginOf = (label: PemLabel): string => `-----BEGIN ${label}-----`;

/** Whether a block of this kind begins in the text. */
export const beginsPem = (text: string, label: PemLabel): boolean => text.includes(beginOf(label));

/** The bytes of one block; what is no base64 in it is passed over. */
export const derOfPem = (block: string): Buffer => Buffer.from(base64OfPem(block), 'base64');

/** What stands between the first and the last line of one block. */
export const base64OfPem = (block: string): string => (block.split('-----')[2] ?? '').trimStart();

/** The PEM text of DER bytes. */
export const pemOf = (label: PemLabel, der: Buffer): string =>
  `${beginOf(label)}\n${der.toString('base64').replace(/(.{64})(?=.)/g, '$1\n')}\n-----END ${label}-----\n`;
