/** Bytes of a payload that the log keeps and shows. */
const shownBytes = 4_096;

/** The beginning of a payload, as it is shown. */
export interface PayloadPreview {
  readonly format: 'empty' | 'text' | 'hex';
  readonly text: string;
  /** Bytes of the whole payload. */
  readonly bytes: number;
  /** True when the text stands for fewer bytes than the payload has. */
  readonly isCut: boolean;
}

/** Shows a payload as text where it is UTF-8, as hex where it is not. Keeps no reference to the bytes. */
export function previewPayload(payload: Uint8Array): PayloadPreview {
  const bytes = payload.length;
  if (bytes === 0) return { format: 'empty', text: '', bytes, isCut: false };
  const isCut = bytes > shownBytes;
  const head = payload.subarray(0, shownBytes);
  const text = decodeUtf8(head, isCut);
  if (text !== undefined) return { format: 'text', text: visible(text), bytes, isCut };
  const hex = Array.from(head.subarray(0, shownBytes / 4), (byte) => byte.toString(16).padStart(2, '0'));
  return { format: 'hex', text: hex.join(' '), bytes, isCut: bytes > hex.length };
}

/** @param isCut the last character may be incomplete. */
function decodeUtf8(bytes: Uint8Array, isCut: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: isCut });
  } catch {
    return undefined;
  }
}

/**
 * Control and formatting characters could hide or reorder what a line says, so they are spelled out, except line ends,
 * tabs and the joiners that scripts and emoji need.
 */
export const visible = (text: string): string =>
  text.replace(
    /(?![\n\t\u200C\u200D])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}}`,
  );
