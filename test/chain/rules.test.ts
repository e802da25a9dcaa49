import { describe, expect, it } from 'vitest';
import { openMemoryChain, StillClock } from '../support/memory-chain.ts';
import { buildCase, RULE_CASES } from '../support/rule-cases.ts';

describe('rules of blocks, asked of a real chain', () => {
  it.each(
    RULE_CASES.filter(({ impossible }) => !impossible).map(
      (ruleCase) => [ruleCase.reason, ruleCase.title, ruleCase] as const,
    ),
  )('%s: %s', async (reason, _title, ruleCase) => {
    const { chain: builder, valid, broken } = buildCase(ruleCase);
    const { parameters, tip } = builder;
    const clock = new StillClock(tip.header.time + parameters.targetSpacing);
    const chain = await openMemoryChain({ parameters, clock });
    for (const block of builder.blocks) expect(await chain.acceptBlock(block)).toMatchObject({ ok: true });

    const verdict = await chain.acceptBlock(broken);
    expect(verdict).toMatchObject({ ok: false, invalid: { kind: ruleCase.kind ?? 'consensus' } });
    if (!verdict.ok) expect(verdict.invalid.reason.startsWith(reason)).toBe(true);
    expect(chain.tip.hash).toBe(tip.header.hash);
    if (ruleCase.kind === 'mutated') {
      // The header is blameless: its true body is still welcome.
      const entry = chain.entry(broken.hash);
      if (entry !== undefined) expect(entry.failed).toBe('none');
    }

    expect(await chain.acceptBlock(valid)).toMatchObject({ ok: true });
    expect(chain.tip.hash).toBe(valid.hash);
    await chain.close();
  });
});
