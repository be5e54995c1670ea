import { describe, expect, test } from 'vitest';
import { hex, outcome } from '../../test/support/packet-bytes.ts';
import { parseConnect } from './connect.ts';
import { FrameCutter } from './frame.ts';
import { isRefusal, type Refusal } from './refusal.ts';
import { validatePacket } from './validate.ts';

/** What becomes of each packet of a connection, up to the first refusal. */
function outcomesOf(...writes: string[]): string[] {
  const outcomes: string[] = [];
  const cutter = new FrameCutter({
    maxBytes: 1_000,
    setting: 'limits.packetSize',
    headBytes: 0,
    tellsPubacks: false,
    padding: 'refused',
    firstByteFault: () => undefined,
  });
  let version: 3 | 4 | 5 | undefined;
  const take = (frame: Buffer) => {
    let result: unknown;
    if (version === undefined) {
      const connect = parseConnect(frame);
      if (!isRefusal(connect)) ({ version } = connect);
      result = connect;
    } else {
      result = validatePacket(frame, version) satisfies Refusal | undefined;
    }
    outcomes.push(outcome(result));
    if (isRefusal(result)) cutter.stop();
  };
  for (const write of writes) cutter.push(hex(write), { take, takePuback: () => undefined });
  return outcomes;
}

describe('input that ended the bare engine: malformed packets are refused', () => {
  test('UNSUBSCRIBE of __proto__ beside a filter that is not UTF-8', () => {
    expect(outcomesOf('101000044d5154540400003c0004667a3235', 'a21100010002fffe00095f5f70726f746f5f5f')).toEqual([
      'ok',
      '81 MQTT-1.5.4-1',
    ]);
  });

  test('PUBLISH at QoS 1 with Response Topic cut short', () => {
    expect(outcomesOf('100e00044d5154540502000a00000178', '320b0005746f70696304d20108')).toEqual(['ok', '81 4.13.1']);
  });

  test('PUBLISH at QoS 0 with Response Topic cut short', () => {
    expect(outcomesOf('100e00044d5154540502000a00000178', '30090005746f7069630108')).toEqual(['ok', '81 4.13.1']);
  });

  test('DISCONNECT with Session Expiry twice', () => {
    expect(outcomesOf('101100044d5154540502003c000004667a3334', 'e00c000a11000000021100000002')).toEqual([
      'ok',
      '82 2.2.2.2',
    ]);
  });

  test('CONNECT with Session Expiry twice', () => {
    expect(outcomesOf('101800044d5154540502000a0a11000000021100000002000178')).toEqual(['82 2.2.2.2']);
  });
});

describe('input that ended the bare engine: sound packets are taken, the broker copes with them', () => {
  test('UNSUBSCRIBE of toString', () => {
    expect(outcomesOf('100d00044d5154540402003c000178', 'a20c00010008746f537472696e67')).toEqual(['ok', 'ok']);
  });

  test('client identifier constructor', () => {
    expect(outcomesOf('101700044d5154540400000a000b636f6e7374727563746f72')).toEqual(['ok']);
  });

  test('PUBREL twice in one segment', () => {
    expect(outcomesOf('100d00044d5154540402003c000178', '34080003642f7800096d', '6202000962020009')).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
    ]);
  });
});
