import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../../kernel/errors.ts';
import { damaged } from './damaged.ts';

// The file format of LMDB, as far as it says which pages there must be. All numbers are little-endian.
const magic = 0xbeef_c0de;
const headerBytes = 24;
const flagsAt = 18;
const lowerAt = 20;
const branchFlag = 0x01;
const leafFlag = 0x02;
const bigDataFlag = 0x01;
const subTableFlag = 0x02;
const nodeHeaderBytes = 8;
/** Within the record of a table. */
const rootAt = 40;
const tableBytes = 48;
const noPage = 0xffff_ffff_ffff_ffffn;

interface Meta {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly transaction: bigint;
  /** Root pages of the list of free pages and of the tables. */
  readonly roots: readonly bigint[];
}

/**
 * Looks whether the data file of a folder holds all pages that it refers to. LMDB maps the file into memory and does not
 * check: reading a page that was cut off would end the process with SIGBUS.
 *
 * @param options.isThorough every page is read, and not only where the file is shorter than it says.
 * @throws StoreError store-damaged
 */
export async function checkDataFile(folder: string, { isThorough = false } = {}): Promise<void> {
  const path = join(folder, 'data.mdb');
  const file = await open(path, 'r').catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw cause;
  });
  if (file === undefined) return;
  try {
    const { size } = await file.stat();
    const meta = await newestMeta(file);
    if (meta === undefined) throw damaged(`${path} is no data file of a store, or its beginning is lost`);
    // pages that are free may be missing at the end, so a shorter file is looked at closely
    if (isThorough || size < (meta.lastPage + 1) * meta.pageBytes) await new PageWalk(file, path, meta, size).run();
  } finally {
    await file.close();
  }
}

async function newestMeta(file: FileHandle): Promise<Meta | undefined> {
  const first = await metaAt(file, 0);
  const second = await metaAt(file, first?.pageBytes ?? 4_096);
  if (first === undefined || second === undefined) return undefined;
  return first.transaction > second.transaction ? first : second;
}

async function metaAt(file: FileHandle, at: number): Promise<Meta | undefined> {
  const buffer = Buffer.alloc(168);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
  if (bytesRead < buffer.length || buffer.readUInt32LE(headerBytes) !== magic) return undefined;
  const tablesAt = headerBytes + 24;
  const pageBytes = buffer.readUInt32LE(tablesAt);
  if (pageBytes < 512 || pageBytes > 65_536) return undefined;
  return {
    pageBytes,
    lastPage: Number(buffer.readBigUInt64LE(tablesAt + 2 * tableBytes)),
    transaction: buffer.readBigUInt64LE(tablesAt + 2 * tableBytes + 8),
    roots: [0, tableBytes].map((offset) => buffer.readBigUInt64LE(tablesAt + offset + rootAt)),
  };
}

/** Visits every page that is referred to. */
class PageWalk {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #pageBytes: number;
  readonly #pages: number;
  readonly #left: bigint[];
  /** One bit a page. */
  readonly #visited: Uint8Array;

  constructor(file: FileHandle, path: string, { pageBytes, roots }: Meta, size: number) {
    this.#file = file;
    this.#path = path;
    this.#pageBytes = pageBytes;
    this.#pages = Math.floor(size / pageBytes);
    this.#left = [...roots];
    this.#visited = new Uint8Array((this.#pages >> 3) + 1);
  }

  async run(): Promise<void> {
    const page = Buffer.alloc(this.#pageBytes);
    for (let number = this.#left.pop(); number !== undefined; number = this.#left.pop()) {
      if (number === noPage) continue;
      this.#require(number, 1);
      this.#visit(Number(number));
      await this.#file.read(page, 0, page.length, Number(number) * this.#pageBytes);
      this.#readNodes(page, number);
    }
  }

  #readNodes(page: Buffer, number: bigint): void {
    const flags = page.readUInt16LE(flagsAt);
    if (page.readBigUInt64LE(0) !== number || (flags & (branchFlag | leafFlag)) === 0) throw this.#cutOff();
    const count = page.readUInt16LE(lowerAt) >> 1;
    for (let index = 0; index < count; index += 1) {
      const at = headerBytes + page.readUInt16LE(headerBytes + index * 2);
      if (at + nodeHeaderBytes > page.length) throw this.#cutOff();
      if ((flags & branchFlag) === 0) this.#readLeaf(page, at);
      else this.#left.push(BigInt(page.readUInt32LE(at)) | (BigInt(page.readUInt16LE(at + 4)) << 32n));
    }
  }

  #readLeaf(page: Buffer, at: number): void {
    const nodeFlags = page.readUInt16LE(at + 4);
    const dataAt = at + nodeHeaderBytes + page.readUInt16LE(at + 6);
    if ((nodeFlags & subTableFlag) !== 0 && dataAt + tableBytes <= page.length)
      this.#left.push(page.readBigUInt64LE(dataAt + rootAt));
    else if ((nodeFlags & bigDataFlag) !== 0 && dataAt + 8 <= page.length) {
      const pages = Math.ceil((headerBytes + page.readUInt32LE(at)) / this.#pageBytes);
      this.#require(page.readBigUInt64LE(dataAt), pages);
    }
  }

  #require(first: bigint, count: number): void {
    if (first + BigInt(count) > BigInt(this.#pages)) throw this.#cutOff();
  }

  /** A page stands in one place; in a damaged file the way through the pages might never end. */
  #visit(page: number): void {
    const bit = 1 << (page & 7);
    if (((this.#visited[page >> 3] ?? 0) & bit) !== 0) throw damaged(`${this.#path} refers to page ${page} twice`);
    this.#visited[page >> 3]! |= bit;
  }

  #cutOff(): Error {
    return damaged(`${this.#path} is cut off: it refers to pages that it does not hold`);
  }
}
