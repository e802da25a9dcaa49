/** The process of trials that damage the directory of a node which runs: see `disk-trials.ts`. */
import { runLiveTrial } from './disk-trials.ts';

process.on('message', async ({ job, expected }: { job: never; expected: never }) => {
  const tell = (message: unknown): void => void process.send!(message);
  try {
    tell(await runLiveTrial(job, expected, tell));
  } catch (error) {
    tell({ told: '', outcome: 'refused', problems: [`failed with: ${(error as Error).stack}`] });
  }
});
