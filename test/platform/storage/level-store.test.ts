/** A LevelStore refuses what is not as it was written, by name, and takes what a crash leaves. */
import {
  appendFileSync,
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toHex } from '../../../src/core/encoding/bytes.ts';
import { crc32c } from '../../../src/core/encoding/crc32c.ts';
import { DeletedKeys } from '../../../src/platform/node/storage/deleted-keys.ts';
import { LevelStore } from '../../../src/platform/node/storage/level-store.ts';
import { seededNumbers } from '../../support/fork-story.ts';

const root = mkdtempSync(join(tmpdir(), 'penny-level-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const whole = join(root, 'whole');
const OPTIONS = { writeBufferSize: 1 << 16, title: { name: 'coins', remedy: 'begin again' } };
const REFUSAL = /^coins is damaged: begin again \(.+\)$/;

function key(number: number): Uint8Array {
  return Buffer.from(`key${String(number).padStart(6, '0')}`);
}

async function contents(store: LevelStore): Promise<string> {
  const found: string[] = [];
  for await (const [k, v] of store.iterate({})) found.push(`${toHex(k)}=${toHex(v)}`);
  return found.join('\n');
}

let expected: string;
beforeAll(async () => {
  const store = await LevelStore.open(whole, OPTIONS);
  const below = seededNumbers(3);
  for (let round = 0; round < 40; round++)
    await store.batch(
      Array.from({ length: 200 }, () => {
        const at = key(below(3000));
        if (below(5) === 0) return { delete: at };
        return { put: at, value: new Uint8Array(20 + below(100)).fill(below(256)) };
      }),
      { sync: true },
    );
  expected = await contents(store);
  await store.close();
});

let copies = 0;
function copy(): string {
  const folder = join(root, `copy${copies++}`);
  cpSync(whole, folder, { recursive: true });
  return folder;
}

/** What became of it: the refusal, or 'same'. Anything else fails. */
async function open(folder: string): Promise<string> {
  try {
    const store = await LevelStore.open(folder, OPTIONS);
    expect(await contents(store)).toBe(expected);
    await store.close();
    return 'same';
  } catch (error) {
    expect((error as Error).message).toMatch(REFUSAL);
    return (error as Error).message;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

it('counts as the standard does', () => {
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283');
  const bytes = new Uint8Array(100).map((_, i) => i * 7);
  expect(crc32c(bytes.subarray(33), crc32c(bytes.subarray(0, 33)))).toBe(crc32c(bytes));
});

describe('a damaged store', () => {
  it('is refused by name, or all is there: wherever a bit flips, a file ends or is gone', async () => {
    const below = seededNumbers(11);
    const files = readdirSync(whole).filter((name) => !name.startsWith('LO'));
    // How many, LevelDB's thread says, which merges them when it comes to it.
    expect(files).toContainEqual(expect.stringMatching(/\.ldb$/));
    const outcomes = { same: 0, refused: 0 };
    for (const name of files)
      for (let trial = 0; trial < 9; trial++) {
        const folder = copy();
        const path = join(folder, name);
        const { size } = statSync(path);
        if (trial === 0) rmSync(path);
        else if (trial === 1) truncateSync(path, 0);
        else if (trial < 6) truncateSync(path, below(size));
        else if (trial === 6) appendFileSync(path, Buffer.alloc(1 + below(50), below(256)));
        else {
          const bytes = readFileSync(path);
          bytes[below(size)]! ^= 1 << below(8);
          writeFileSync(path, bytes);
        }
        outcomes[(await open(folder)) === 'same' ? 'same' : 'refused']++;
      }
    expect(outcomes.refused).toBeGreaterThan(20);
  });

  it('is refused if its end is missing, also where that looks like a crash', async () => {
    const folder = copy();
    const log = readdirSync(folder).filter((name) => name.endsWith('.log'))[0]!;
    truncateSync(join(folder, log), 0);
    expect(await open(folder)).toMatch(/lacks the operations|ends after \d+ of \d+ operations/);
  });

  it('is found while it is open', async () => {
    const folder = copy();
    const store = await LevelStore.open(folder, OPTIONS);
    await store.verify();
    const table = readdirSync(folder).filter((name) => name.endsWith('.ldb'))[0]!;
    const bytes = readFileSync(join(folder, table));
    for (let at = 0; at < bytes.length; at += 16) bytes[at]! ^= 1;
    writeFileSync(join(folder, table), bytes);
    await expect(store.verify()).rejects.toThrow(REFUSAL);
    await expect(contents(store)).rejects.toThrow(REFUSAL);
    await store.close();
  });
});

describe('an open store', () => {
  it('whose tables lose a bit has what it had, or says so of what it misses', async () => {
    const folder = join(root, 'live');
    const keys = Array.from({ length: 400 }, (_, i) => key(i));
    let store = await LevelStore.open(folder, OPTIONS);
    await store.batch(keys.map((at) => ({ put: at, value: Buffer.from(`value of ${at}`) })));
    await store.close();
    store = await LevelStore.open(folder, OPTIONS);
    const [table, ...others] = readdirSync(folder).filter((name) => name.endsWith('.ldb'));
    expect(others).toEqual([]);
    const path = join(folder, table!);
    const bytes = readFileSync(path);
    const below = seededNumbers(5);
    const outcomes = { right: 0, missed: 0, refused: 0 };
    for (let trial = 0; trial < 60; trial++) {
      const spoilt = Buffer.from(bytes);
      spoilt[below(bytes.length)]! ^= 1 << below(8);
      writeFileSync(path, spoilt);
      await store.verify([[Buffer.from('z'), Buffer.from('z')]]);
      for (const at of keys)
        try {
          const value = await store.get(at);
          if (value === undefined) {
            outcomes.missed++;
            await expect(store.verify([[at, at]])).rejects.toThrow(REFUSAL);
          } else {
            expect(String(Buffer.from(value))).toBe(`value of ${at}`);
            outcomes.right++;
          }
        } catch (error) {
          expect((error as Error).message).toMatch(REFUSAL);
          outcomes.refused++;
        }
    }
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(10);
    writeFileSync(path, bytes);
    for (const at of [keys[7]!, key(12_345)]) await store.verify([[at, at]]);
    await store.close();
  });
});

describe('an open store of which a disk spoils a table, and nothing else shows it', () => {
  const LIVE = { ...OPTIONS, holds: true, remembersDeletions: true };
  /** With a tail that is there once in a table: one bit of it changes the key, and not the order. */
  const tailed = (i: number): Uint8Array =>
    Buffer.concat([key(i), Buffer.alloc(8, crc32c(key(i)).toString(16).padStart(8, '0'))]);

  /** One table has all keys, another what was done to two of them, and to new ones. */
  async function damagedStore(at: Uint8Array, shows = false) {
    const folder = join(root, `spoilt${copies++}`);
    const keys = Array.from({ length: 300 }, (_, i) => tailed(i));
    let store = await LevelStore.open(folder, LIVE);
    await store.batch(keys.map((put) => ({ put, value: Uint8Array.of(1) })));
    await store.compact();
    await store.batch([
      { delete: tailed(70) },
      { put: tailed(80), value: Uint8Array.of(2) },
      ...[400, 401, 402].map((i) => ({ put: tailed(i), value: Uint8Array.of(3) })),
    ]);
    await store.close();
    store = await LevelStore.open(folder, LIVE);
    const last = readdirSync(folder)
      .filter((name) => name.endsWith('.ldb'))
      .sort()
      .at(-1)!;
    const path = join(folder, last);
    utimesSync(path, 1, 1);
    await store.verify();
    const file = openSync(path, 'r+');
    const place = readFileSync(path).indexOf(at.subarray(-8)) + 7;
    writeSync(file, Buffer.of(at.at(-1)! ^ 8), 0, 1, place);
    closeSync(file);
    if (!shows) utimesSync(path, 1, 1);
    return { store, folder };
  }

  it.each<[string, Uint8Array, number | undefined]>([
    ['a deletion', tailed(70), 1],
    ['what was put last', tailed(80), 1],
    ['what was put once', tailed(401), undefined],
  ])('says that it may lack %s, also when LevelDB has copied the rest', async (what, at, old) => {
    for (const isCopied of [false, true]) {
      const { store, folder } = await damagedStore(at);
      expect(store.wasDeleted(at)).toBe(what === 'a deletion');
      if (isCopied) {
        await expect(store.compact()).rejects.toThrow(REFUSAL);
        await expect(store.get(at)).rejects.toThrow(REFUSAL);
      } else {
        expect((await store.get(at))?.[0]).toBe(old);
        await expect(store.verify([[at, at]])).rejects.toThrow(REFUSAL);
      }
      await store.close();
      await expect(LevelStore.open(folder, LIVE)).rejects.toThrow(REFUSAL);
    }
  });

  it('refuses the next write if the change shows', async () => {
    const { store } = await damagedStore(tailed(401), true);
    await expect(store.batch([{ delete: tailed(1) }])).rejects.toThrow(REFUSAL);
    await store.close();
  });

  it('leaves nothing behind, and finds what a kill left', async () => {
    const { store, folder } = await damagedStore(tailed(401));
    expect(readdirSync(join(folder, 'held'))).not.toEqual([]);
    const killed = join(root, `killed${copies++}`);
    await expect(store.compact()).rejects.toThrow(REFUSAL);
    cpSync(folder, killed, { recursive: true });
    await store.close();
    await expect(LevelStore.open(killed, LIVE)).rejects.toThrow(REFUSAL);
    const sound = await LevelStore.open(copy(), LIVE);
    await sound.compact();
    await sound.verify();
    await sound.close();
    expect(readdirSync(join(root, `copy${copies - 1}`))).not.toContain('held');
  });

  it('forgets of the deleted keys those that hide nothing any more', () => {
    const deleted = new DeletedKeys(100);
    for (let i = 0; i < 101; i++) deleted.add(key(i));
    expect(deleted.isFull).toBe(true);
    deleted.begin();
    expect(deleted.mayHave(key(7))).toBe(true);
    for (let i = 90; i < 101; i++) deleted.add(key(i));
    deleted.end();
    expect([7, 89, 90, 100].map((i) => deleted.mayHave(key(i)))).toEqual([false, false, true, true]);
  });
});

describe('a store that is not damaged', () => {
  it('opens after a kill in the middle of a write, without that write', async () => {
    const folder = copy();
    const log = readdirSync(folder).filter((name) => name.endsWith('.log'))[0]!;
    // The beginning of a record of 200 bytes.
    appendFileSync(join(folder, log), Buffer.from([1, 2, 3, 4, 200, 0, 1, 9, 9]));
    expect(await open(folder)).toBe('same');
  });

  it('opens after a kill that came when LevelDB had emptied its logs', async () => {
    const folder = copy();
    const kill = () => Promise.reject(new Error('killed'));
    // As it was opened: nothing was sealed since.
    const get = vi.spyOn(Level.prototype, 'get').mockImplementationOnce(kill);
    await expect(LevelStore.open(folder, OPTIONS)).rejects.toThrow('killed');
    get.mockRestore();
    const store = await LevelStore.open(folder, OPTIONS);
    await store.batch([{ put: key(1), value: key(1) }, { delete: key(1) }], { sync: true });
    // As it was compacted.
    const batch = vi.spyOn(store, 'batch').mockImplementation(kill);
    await expect(store.compact()).rejects.toThrow('killed');
    batch.mockRestore();
    const left = await contents(store);
    await store.close();
    const again = await LevelStore.open(folder, OPTIONS);
    expect(await contents(again)).toBe(left);
    await again.close();
  });

  it('gets check values if it is of before, also if a kill cuts that short', async () => {
    const folder = join(root, 'old');
    const old = new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' });
    await old.open();
    const batch = old.batch();
    for (let i = 0; i < 2500; i++) batch.put(key(i), Uint8Array.of(i, i >> 8));
    // The first thousand are done.
    await batch.write();
    const half = old.batch();
    for (let i = 0; i < 1000; i++) {
      const check = crc32c(Uint8Array.of(i, i >> 8), crc32c(key(i)));
      half.put(key(i), Uint8Array.of(i, i >> 8, check, check >>> 8, check >>> 16, check >>> 24));
    }
    half.put(new Uint8Array(0), Uint8Array.of(0, ...key(999)));
    await half.write();
    await old.close();
    for (let opened = 0; opened < 2; opened++) {
      const store = await LevelStore.open(folder);
      let count = 0;
      for await (const [k, v] of store.iterate({})) {
        expect([...k, ...v]).toEqual([...key(count), count & 255, count >> 8]);
        count++;
      }
      expect(count).toBe(2500);
      await store.batch([{ put: key(1), value: Uint8Array.of(1, 0) }]);
      await store.close();
    }
  });
});
