import { type Database, open, type RootDatabase, TransactionFlags } from 'lmdb';
import { keyEncoder, valueEncoder } from './copies.ts';
import { damaged } from './damaged.ts';
import { firstKey, lastKey, numberBytes, ownerIn } from './keys.ts';

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

/**
 * Visible and in the page cache, which outlives the process, before it returns. LMDB flushes such a commit too before it
 * returns (docs/decisions/0012-store-commits.md), so what counts is how few there are.
 */
const commitWithoutFlush: TransactionFlags = TransactionFlags.SYNCHRONOUS_COMMIT | TransactionFlags.NO_SYNC_FLUSH;

const encodings = { encoding: 'binary', encoder: valueEncoder, keyEncoder } as const;

/** Makes nothing of a row but the number that its key begins with, 0 where it is too short; the value stays where it was read to. */
const numbered = {
  keyEncoder: {
    ...keyEncoder,
    readKey: (source: Buffer, start: number, end: number): number =>
      end - start < numberBytes ? 0 : ownerIn(source, start),
  },
  encoder: {
    encode: (value: Buffer): Buffer => value,
    decode: (bytes: Buffer, length: number): Buffer => (bytes.length === length ? bytes : bytes.subarray(0, length)),
  },
};

/** Those at the beginning of the file that say where the trees begin. */
const metaPages = 2;

interface TreeStats {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** What `getStats` gives of a table; missing in the types of the package. */
interface TableStats extends TreeStats {
  /** The table of tables, and the list of free pages. */
  readonly root: TreeStats;
  readonly free: TreeStats;
  readonly lastPageNumber: number;
  readonly pageSize: number;
}

const isTableStats = (stats: object): stats is TableStats => 'root' in stats && 'free' in stats;

function statsOf(table: Pick<Database, 'getStats'>): TableStats {
  const stats = table.getStats();
  if (!isTableStats(stats)) throw new Error('this version of lmdb counts no pages; use the one of package-lock.json');
  return stats;
}

const pagesOf = ({ treeBranchPageCount, treeLeafPageCount, overflowPages }: TreeStats): number =>
  treeBranchPageCount + treeLeafPageCount + overflowPages;

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
  #closing: Promise<void> | undefined;
  readonly #tables: ReadonlyMap<TableName, Database<Buffer, Buffer>>;
  /** Further ways into tables. */
  readonly #numbered = new Map<TableName, Database<Buffer, number>>();

  /** @param folder exists already. @throws Error of LMDB */
  constructor(folder: string) {
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

  isEmpty(table: TableName): boolean {
    return this.keys(table, { from: firstKey, to: lastKey, maxRows: 1 }).length === 0;
  }

  count(table: TableName): number {
    return this.#table(table).getCount({ start: firstKey });
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
    yield* this.#table(table).getRange({ start: firstKey });
  }

  /**
   * Gives every row of a table whose keys begin with a number to `visit`; nothing may be read or written meanwhile, and
   * the value is gone after the call. Costs half of `all`.
   *
   * @throws StoreError store-damaged
   */
  visit(table: TableName, visit: (number: number, value: Buffer) => void): void {
    let rows = this.#numbered.get(table);
    if (rows === undefined) this.#numbered.set(table, (rows = this.#root.openDB({ name: table, ...numbered })));
    for (const { key, value } of rows.getRange({ start: firstKey })) {
      if (key === 0) throw damaged(`a key of the table ${table} is too short`);
      visit(key, value);
    }
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

  /** Bytes of the pages that hold nothing any more; they are written again before the file grows. */
  reusableBytes(): number {
    const { root, free, lastPageNumber, pageSize } = statsOf(this.#root);
    const trees = [root, free, ...Array.from(this.#tables.values(), statsOf)];
    return Math.max(0, lastPageNumber + 1 - metaPages - trees.reduce((sum, tree) => sum + pagesOf(tree), 0)) * pageSize;
  }

  /** Works twice. */
  async close(): Promise<void> {
    this.#closing ??= this.#root.close();
    await this.#closing;
  }

  #table(name: TableName): Database<Buffer, Buffer> {
    const table = this.#tables.get(name);
    if (table === undefined) throw new Error(`no table ${name}`);
    return table;
  }
}

export type Put = (table: TableName, key: Buffer, value: Buffer) => void;
export type Remove = (table: TableName, key: Buffer) => void;
