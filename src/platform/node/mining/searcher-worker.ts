/** A mining thread. */

import type { SearcherSetup } from '../../shared/mining/searcher-protocol.ts';
import { searcher } from '../../shared/mining/searching.ts';
import { bindFastHashes } from '../hashes.ts';
import { answerMessages } from '../worker-side.ts';

bindFastHashes();
answerMessages((setup: SearcherSetup) => searcher(setup));
