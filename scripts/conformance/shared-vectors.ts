/** Where the vectors lie that are no part of the repository: beside it, or where PENNY_VECTORS says. */
import { resolve } from 'node:path';

export const SHARED_VECTORS =
  process.env.PENNY_VECTORS ?? resolve(import.meta.dirname, '../../../shared/vectors');
