/**
 * When the page is drawn: what nodes tell, once a frame, for of what comes within one nobody would see the steps; what
 * somebody does here, at once, for who presses Enter within a frame must not run what stood there before.
 */
import { options } from 'preact';

/** Milliseconds after which it is drawn where there are no frames: in a tab that is hidden. */
const LATEST = 200;
const DONE_HERE = ['input', 'change', 'click', 'submit', 'keydown'] as const;
const CHOSEN = 'select, input[type=checkbox], input[type=radio]';

export function drawByFrames(): void {
  let waiting: (() => void) | undefined;
  const draw = (): void => {
    const update = waiting;
    waiting = undefined;
    update?.();
  };
  options.debounceRendering = (update) => {
    waiting = update;
    const timer = setTimeout(draw, LATEST);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      draw();
    });
  };
  // They come here last, when all has been told of them. What is chosen from a list, or ticked, is told of by a change
  // behind them: drawn before that, it would be put back to what it was.
  for (const type of DONE_HERE)
    addEventListener(type, ({ target }) => {
      if (type === 'change' || !(target instanceof Element && target.matches(CHOSEN))) draw();
    });
}
