import { propertyIds } from './property-table.ts';
import { variableSize, writeString, writeVariable } from './write-fields.ts';

const maxReasonBytes = 256;

/** A text without U+0000, cut between characters so that its UTF-8 takes at most `maxReasonBytes`. */
function tidy(text: string): string {
  const bytes = Buffer.from(text.replaceAll('\0', ' '));
  let end = Math.min(bytes.length, maxReasonBytes);
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/** A section of properties with its length: a Reason String, or nothing for the empty one. [MQTT 5, 2.2.2] */
export function reasonSection(reason: string): Buffer {
  if (reason === '') return Buffer.from([0]);
  const text = tidy(reason);
  const size = 3 + Buffer.byteLength(text);
  const section = Buffer.allocUnsafe(variableSize(size) + size);
  const at = writeVariable(section, size, 0);
  section[at] = propertyIds.reasonString;
  writeString(section, text, at + 1);
  return section;
}
