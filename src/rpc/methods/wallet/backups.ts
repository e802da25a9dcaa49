/** A wallet in one file, and back. */
import { group, method, t, walletMethod } from '../../kit.ts';

export const walletBackupMethods = group('Wallet', {
  backupwallet: walletMethod({
    help:
      'Writes a copy of a wallet, as it is now, into one file. What is encrypted stays encrypted; of any other\n' +
      'wallet, who has the file has the money. An older backup of this name is replaced, no other file is.',
    parameters: { destination: t.string('Path of the file') },
    example: '"backup.penny"',
    handler: ({ destination }, wallet, { wallets }) => wallets.backup(wallet, destination),
  }),

  restorewallet: method({
    help: 'Makes a wallet from a backup, loads it, and reads from the chain what came after the backup.',
    parameters: {
      wallet_name: t.string('What the wallet is to be called'),
      backup_file: t.string('Path of the backup'),
      load_on_startup: t.optional(t.boolean('Whether it is loaded at each start'), 'not changed'),
    },
    result: t.object({
      name: t.string(),
      warnings: t.optional(t.array(t.string('What was damaged, and what was done about it'))),
    }),
    example: '"again" "backup.penny"',
    async handler({ wallet_name, backup_file, load_on_startup }, { wallets }) {
      const { name, warnings } = await wallets.restore(wallet_name, backup_file, load_on_startup);
      return { name, ...(warnings.length > 0 && { warnings }) };
    },
  }),
});
