import { expect, test } from 'vitest';

type Sample = Readonly<Record<string, unknown>>;

interface Row {
  readonly name: string;
  readonly title: string;
  readonly listener: string;
  readonly load: Readonly<Record<string, string | number | boolean>>;
  readonly target: { readonly ratio?: number; readonly value?: number; readonly bare?: number };
  readonly bridge?: string;
}

interface Fault {
  readonly broker: string;
  readonly run: number;
  readonly text: string;
}

interface RowResult {
  readonly ratio?: number;
  readonly verdict: string;
}

interface Options {
  readonly problem?: string;
  readonly rows?: readonly Row[];
  readonly runs?: number;
  readonly isFull?: boolean;
}

interface Target {
  readonly ports: Readonly<Record<string, number>>;
  readonly pids: readonly number[];
  readonly certificates: string;
}

interface StorageRow {
  readonly name: string;
  readonly scenario: string;
  readonly target: Readonly<Record<string, number>>;
}

interface Bench {
  readonly storageRows: readonly StorageRow[];
  readonly storageLoads: Readonly<Record<string, object>>;
  readonly storageFaults: (scenario: string, result: Sample, load: object) => string[];
  readonly storageResult: (
    row: StorageRow,
    load: object,
    samples: Readonly<Record<string, readonly Sample[]>>,
    faults: readonly Fault[],
  ) => RowResult;
  readonly formatStorageTable: (results: readonly RowResult[]) => string;
  readonly rows: readonly Row[];
  readonly parseOptions: (args: readonly string[], rows: readonly Row[]) => Options;
  readonly loadArguments: (row: Row, target: Target, plan: string) => string[];
  readonly faultsOf: (sample: Sample, row: Row, broker?: string) => string[];
  readonly median: (values: readonly number[]) => number;
  readonly rowResult: (
    row: Row,
    runs: Readonly<Record<string, readonly Sample[]>>,
    faults: readonly Fault[],
  ) => RowResult;
  readonly formatTable: (results: readonly RowResult[]) => string;
  readonly formatFaults: (results: readonly RowResult[]) => string[];
}

/** The benchmark is plain JavaScript, so its types are stated here. */
async function bench(): Promise<Bench> {
  const modules = ['rows', 'options', 'load', 'report', 'storage', 'storage-rows', 'storage-scenarios'].map(
    (name) => import(new URL(`../bench/${name}.mjs`, import.meta.url).href) as Promise<Partial<Bench>>,
  );
  return Object.assign({}, ...(await Promise.all(modules))) as Bench;
}

const { rows, parseOptions, loadArguments, faultsOf, median, rowResult, formatTable, formatFaults, ...storage } =
  await bench();
const { storageRows, storageLoads, storageFaults, storageResult, formatStorageTable } = storage;

const rowNamed = (name: string): Row => rows.find((row) => row.name === name)!;
const pairs = rowNamed('pairs-q0-w8');
const costing = (microseconds: number): Sample => ({ mode: 'pubsub', lost: 0, cpu_us_per_msg: microseconds });
const target = {
  ports: { tcp: 1, tls: 2, twoWayTls: 3, wss: 4, nats: 5 },
  pids: [10, 11],
  certificates: '/certs',
};

test('every row has a name of its own and exactly one target, and connections one against bare Node beside it', () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  for (const row of rows) {
    expect(row.name, row.name).toMatch(/^[a-z0-9-]+$/);
    const { bare, ...target } = row.target;
    expect(Object.keys(target), row.name).toHaveLength(1);
    expect(target.ratio ?? target.value, row.name).toBeGreaterThan(0);
    expect(bare, row.name).toBe(row.load['mode'] === 'storm' ? 1.2 : undefined);
  }
});

test.each(rows.flatMap((row) => ['full', 'warm', 'quick'].map((plan) => [row.name, plan] as const)))(
  'row %s becomes a command line of the load generator (%s)',
  (name, plan) => {
    const row = rowNamed(name);
    const args = loadArguments(row, target, plan);
    expect(args[0]).toMatch(/^(pubsub|storm|idle|bridge)$/);
    expect(args.join(' ')).toMatch(row.listener === 'wss' ? /--transport wss/ : /--transport tls/);
    expect(args.join(' ')).toContain(`--port ${target.ports[row.listener as keyof typeof target.ports]} `);
    expect(args.join(' ')).not.toMatch(/undefined|NaN|object/);
    expect(args.includes('--cert')).toBe(row.listener === 'twoWayTls');
    expect(args.includes('--nats-port')).toBe(row.load['mode'] === 'bridge');
    expect(row.bridge !== undefined).toBe(row.load['mode'] === 'bridge');
  },
);

test('a window holds at least one record, or nothing would be sent', () => {
  for (const { name, load } of rows)
    expect(Number(load['window'] ?? 8), name).toBeGreaterThanOrEqual(Number(load['pack'] ?? 1));
});

test('without options every row runs three times, and the result is kept', () => {
  expect(parseOptions([], rows)).toMatchObject({ runs: 3, isFull: true, rows });
});

test('a quick run and a run of some rows are not kept', () => {
  expect(parseOptions(['--quick'], rows)).toMatchObject({ runs: 1, isFull: false, rows });
  const some = parseOptions(['--row', 'idle', '--row', 'fan-in'], rows);
  expect(some.rows?.map(({ name }) => name)).toEqual(['fan-in', 'idle']);
  expect(some).toMatchObject({ runs: 3, isFull: false });
});

test.each([
  [['--row', 'nothing'], /no row is named nothing; there are: pairs-q0-w1, /],
  [['--fast'], /--fast[\s\S]*--quick/],
  [['more'], /more[\s\S]*--quick/],
])('the command line %j is refused with what is allowed', (args, problem) => {
  expect(parseOptions(args, rows).problem).toMatch(problem);
});

test('the median is the middle value, or the mean of the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('a ratio at its target is met and one above is missed', () => {
  const mosquitto = [costing(10)];
  expect(rowResult(pairs, { viaduct: [costing(8)], mosquitto }, [])).toMatchObject({ ratio: 0.8, verdict: 'met' });
  expect(rowResult(pairs, { viaduct: [costing(8.1)], mosquitto }, []).verdict).toBe('missed');
});

test('memory is measured against its own limit, not against mosquitto', () => {
  const connection = (kilobytes: number): Sample => ({
    mode: 'idle',
    alive: 2_000,
    rss_per_conn_bytes: kilobytes * 1_024,
  });
  const result = rowResult(rowNamed('idle'), { viaduct: [connection(39)], mosquitto: [connection(10)] }, []);
  expect(result).toMatchObject({ ratio: 3.9, verdict: 'met' });
});

test.each([
  ['pairs-q0-w8', { ...costing(1), lost: 3 }, ['3 messages lost']],
  ['pairs-q0-w8', { ...costing(1), disordered_or_dup: 2 }, ['2 messages out of order or twice']],
  ['pairs-q0-w8', { ...costing(1), conn_lost: 1 }, ['1 connections lost']],
  ['handshake', { mode: 'storm', failed: 4, cpu_us_per_conn: 1 }, ['4 connections failed']],
  ['idle', { mode: 'idle', alive: 1_990, rss_per_conn_bytes: 1 }, ['10 idle connections lost']],
  ['pairs-q0-w8', { mode: 'pubsub', lost: 0 }, ['nothing was measured']],
  ['pairs-q0-w8', costing(1), []],
])('row %s finds the faults of %j', (name, sample, faults) => {
  expect(faultsOf(sample, rowNamed(name))).toEqual(faults);
});

test('a row of connections has to meet both its targets, that against bare Node as well', () => {
  const costs = (microseconds: number): readonly Sample[] => [{ mode: 'storm', cpu_us_per_conn: microseconds }];
  const row = rowNamed('handshake');
  const run = (viaduct: number) =>
    rowResult(row, { viaduct: costs(viaduct), mosquitto: costs(1_000), 'bare-node': costs(1_000) }, []);
  expect(run(1_200)).toMatchObject({ ratio: 1.2, bare: 1.2, verdict: 'met' });
  expect(run(1_201)).toMatchObject({ verdict: 'missed' });
  expect(rowResult(row, { viaduct: costs(1), mosquitto: costs(1) }, []).verdict).toBe('not measured');
});

test('that bare Node resumes every second connection alone is no fault of the run', () => {
  const sample = { mode: 'storm', n: 10, resumed: 5, failed: 0, cpu_us_per_conn: 400 };
  const row = rowNamed('handshake-resumed');
  expect(faultsOf(sample, row, 'bare-node')).toEqual([]);
  expect(faultsOf(sample, row)).toEqual(['5 connections not resumed']);
});

test('a row with a fault has no verdict on its ratio, and the fault names row, broker and run', () => {
  const fault = { broker: 'mosquitto', run: 2, text: '3 messages lost' };
  const result = rowResult(pairs, { viaduct: [costing(1)], mosquitto: [costing(10)] }, [fault]);
  expect(result.verdict).toBe('faulty');
  expect(formatFaults([result])).toEqual(['pairs-q0-w8, mosquitto, run 2: 3 messages lost']);
});

test('the table shows medians, half the spread, ratio, target and verdict in columns', () => {
  const viaduct = [9, 10, 11].map(costing);
  const mosquitto = [20, 20, 200].map(costing);
  const resumed = { mode: 'storm', resume: true, n: 10, resumed: 5, failed: 0, cpu_us_per_conn: 400 };
  const table = formatTable([
    rowResult(pairs, { viaduct, mosquitto }, []),
    rowResult(rowNamed('idle'), { viaduct: [], mosquitto: [] }, []),
    rowResult(
      rowNamed('handshake-resumed'),
      { viaduct: [resumed], mosquitto: [{ ...resumed, resumed: 10 }], 'bare-node': [resumed] },
      [],
    ),
  ]);
  expect(table.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['row', 'unit', 'viaduct', 'mosquitto', 'bare Node', 'ratio', 'to bare', 'target', 'verdict'],
    ['pairs-q0-w8', 'us/message', '10.0 +-10%', '20.0 +-450%', '-', '0.50', '-', '<= 0.80', 'met'],
    ['idle', 'KB/connection', '-', '-', '-', '-', '-', '<= 40 KB', 'not measured'],
    [
      'handshake-resumed',
      'us/connection',
      '400 +-0% (resumed 50%)',
      '400 +-0% (resumed 100%)',
      '400 +-0% (resumed 50%)',
      '1.00',
      '1.00',
      '<= 2.00, <= 1.20 bare',
      'met',
    ],
  ]);
});

test('rows of storage have names of their own, one bound each, and loads for both plans', () => {
  const names = [...rows, ...storageRows].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, scenario, target: bound } of storageRows) {
    expect(Object.keys(bound), name).toHaveLength(1);
    expect(Object.keys(storageLoads[scenario] ?? {}), name).toEqual(expect.arrayContaining(['full', 'quick']));
  }
});

test('rows of storage run only where they are asked for', () => {
  const all = [...rows, ...storageRows] as unknown as readonly Row[];
  expect(parseOptions([], all).rows).toEqual(rows);
  expect(parseOptions(['--storage'], all)).toMatchObject({ rows: storageRows, isFull: true });
  expect(parseOptions(['--row', 'store-drain', '--row', 'idle'], all).rows?.map(({ name }) => name)).toEqual([
    'idle',
    'store-drain',
  ]);
});

test('a row of storage is judged by Viaduct alone, and a fault of another broker is marked', () => {
  const queue = storageRows.find(({ name }) => name === 'store-queue')!;
  const of = (rate: number): Sample => ({ queued: { acknowledged: rate * 2, seconds: 2 } });
  const samples = { viaduct: [of(29_000), of(31_000), of(30_000)], mosquitto: [of(60_000)] };
  const fault = { broker: 'mosquitto', run: 1, text: '9 of 10 acknowledged messages came back' };
  const met = storageResult(queue, {}, samples, [fault]);
  expect(met).toMatchObject({ verdict: 'met', brokers: { viaduct: { median: 30_000 } } });
  expect(formatStorageTable([met])).toMatch(/^store-queue .* 30000 \+-3% .* 60000 \+-0% ! .* >= 30000 +met$/m);
  expect(storageResult(queue, {}, { viaduct: [of(29_999)] }, []).verdict).toBe('missed');
  expect(storageResult(queue, {}, samples, [{ ...fault, broker: 'viaduct' }]).verdict).toBe('faulty');
});

test('messages that do not come back, or in another order, are faults of a storage run', () => {
  const drained = { received: 9, unordered: 2 };
  expect(storageFaults('queue', { queued: { acknowledged: 10 }, drained }, {})).toEqual([
    '9 of 10 acknowledged messages came back',
    '2 messages out of order',
  ]);
});
