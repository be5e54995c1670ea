import { RecordReader, RecordWriter } from '../disk/files/bytes.ts';

/** A message for NATS as it stands in the outbox. */
export interface KeptMessage {
  readonly subject: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly payload: Uint8Array;
}

export interface KeptRecord extends KeptMessage {
  /** When it was written, milliseconds since the epoch. */
  readonly atMs: number;
}

/** The place of a message: its rule, and a number that rises with each. */
export function entryKey(rule: string, number: number): Buffer {
  const name = Buffer.from(`${rule}\0`);
  const key = Buffer.alloc(name.length + 6);
  name.copy(key);
  key.writeUIntBE(number, name.length, 6);
  return key;
}

export function writeEntry({ subject, headers, payload }: KeptMessage, atMs: number): Buffer {
  const writer = new RecordWriter().u48(atMs).text(subject).u32(headers.length);
  for (const [name, value] of headers) writer.text(name).text(value);
  return writer.bytes(payload).end();
}

/** @throws StoreError store-damaged */
export function readEntry(value: Buffer): KeptRecord {
  const reader = new RecordReader(value, 'a message of the outbox');
  const atMs = reader.u48();
  const subject = reader.text();
  const headers: (readonly [string, string])[] = [];
  for (let left = reader.u32(); left > 0; left -= 1) headers.push([reader.text(), reader.text()]);
  const payload = reader.bytes();
  reader.end();
  return { atMs, subject, headers, payload };
}

/** What stands in the outbox for one rule: the messages from `first` up to `next`, which is not included. */
export interface Shelf {
  first: number;
  next: number;
  bytes: number;
}

export const writeShelf = ({ first, next, bytes }: Shelf): Buffer =>
  new RecordWriter().u48(first).u48(next).u48(bytes).end();

/** @throws StoreError store-damaged */
export function readShelf(value: Buffer): Shelf {
  const reader = new RecordReader(value, 'a size of the outbox');
  const shelf = { first: reader.u48(), next: reader.u48(), bytes: reader.u48() };
  reader.end();
  return shelf;
}
