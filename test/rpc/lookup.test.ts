import { expect, test } from 'vitest';
import { CorruptionError, DiskError } from '../../src/chain/storage.ts';
import { ofFile } from '../../src/rpc/lookup.ts';

test("files that are gone are told in Bitcoin Core's words, damage in our own", async () => {
  const gone = () => Promise.reject(new DiskError('x', Object.assign(new Error(), { code: 'ENOENT' })));
  await expect(ofFile(gone(), 'block')).rejects.toMatchObject({
    code: -1,
    message: 'Block not found on disk',
  });
  await expect(ofFile(gone(), 'undo')).rejects.toMatchObject({ code: -32603 });
  const damage = Promise.reject(new CorruptionError('blk00000.dat is damaged'));
  await expect(ofFile(damage, 'block')).rejects.toThrow('blk00000.dat is damaged');
  expect(await ofFile(Promise.resolve(1), 'undo')).toBe(1);
});
