import { type Database, open, type RootDatabase, TransactionFlags } from 'lmdb';

/** What stands in each table is told by the file that reads it. */
export const tableNames = [
  'meta',
  'owners',
  'sizes',
  'subscriptions',
  'queue',
  'sent',
  'inbound',
  'wills',
  'retained',
] as const;
export type TableName = (typeof tableNames)[number];

export interface Row {
  readonly key: Buffer;
  readonly value: Buffer;
}

export interface KeyRange {
  /** Included. */
  readonly from: Buffer;
  /** Excluded. */
  readonly to: Buffer;
  readonly maxRows: number;
}

export interface RowRange extends KeyRange {
  /** Bytes of values; the row that passes it is the last. */
  readonly maxBytes: number;
}

/** Committed before it returns, and not flushed: to the page cache of the system, which outlives the process. */
const commitWithoutFlush: TransactionFlags = TransactionFlags.SYNCHRONOUS_COMMIT | TransactionFlags.NO_SYNC_FLUSH;

/** `sync` is missing in the types of the package. */
type Root = RootDatabase<Buffer, Buffer> & { sync(done: (error?: Error | null) => void): void };

const canSync = (database: RootDatabase<Buffer, Buffer>): database is Root => 'sync' in database;

/**
 * The LMDB files of one folder. With `overlappingSync` a commit is seen by everybody at once and survives the end of the
 * process; `sync` makes everything committed so far survive a power loss too, and what is on disk is whole at any time:
 * after a power loss it is the state of the last `sync`.
 */
export class Environment {
  readonly #root: Root;
  readonly #tables: ReadonlyMap<TableName, Database<Buffer, Buffer>>;

  /** @param folder exists already. @throws Error of LMDB */
  constructor(folder: string) {
    const encodings = { encoding: 'binary', keyEncoding: 'binary' } as const;
    const root = open<Buffer, Buffer>({
      path: folder,
      maxDbs: tableNames.length,
      noSubdir: false,
      ...encodings,
    });
    if (!canSync(root)) throw new Error('this version of lmdb cannot flush; use the one of package-lock.json');
    this.#root = root;
    this.#tables = new Map(tableNames.map((name) => [name, this.#root.openDB<Buffer, Buffer>({ name, ...encodings })]));
  }

  get(table: TableName, key: Buffer): Buffer | undefined {
    return this.#table(table).getBinary(key);
  }

  has(table: TableName, key: Buffer): boolean {
    return this.#table(table).doesExist(key);
  }

  /** Rows in the order of their keys, read at once. */
  rows(table: TableName, { from, to, maxRows, maxBytes }: RowRange): Row[] {
    const rows: Row[] = [];
    let bytes = 0;
    for (const row of this.#table(table).getRange({ start: from, end: to, limit: maxRows })) {
      rows.push(row);
      bytes += row.value.length;
      if (bytes > maxBytes) break;
    }
    return rows;
  }

  keys(table: TableName, { from, to, maxRows }: KeyRange): Buffer[] {
    return Array.from(this.#table(table).getKeys({ start: from, end: to, limit: maxRows }));
  }

  /** Every row of a table; nothing may be written meanwhile. */
  *all(table: TableName): Generator<Row, void> {
    yield* this.#table(table).getRange({});
  }

  /** All or nothing; committed when it returns. @throws Error of LMDB */
  transaction(write: (put: Put, remove: Remove) => void): void {
    this.#root.transactionSync(
      () =>
        write(
          (table, key, value) => void this.#table(table).put(key, value),
          (table, key) => void this.#table(table).remove(key),
        ),
      commitWithoutFlush,
    );
  }

  /** Everything committed so far survives a power loss when the promise is kept. Runs beside the event loop. */
  sync(): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#root.sync((error) => (error === undefined || error === null ? resolve() : reject(error))),
    );
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #table(name: TableName): Database<Buffer, Buffer> {
    const table = this.#tables.get(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return table;
  }
}

export type Put = (table: TableName, key: Buffer, value: Buffer) => void;
export type Remove = (table: TableName, key: Buffer) => void;
