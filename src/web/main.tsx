/** The page: asks for the key if it has none, and shows what the address names. */
import './page.css';
import { options, render } from 'preact';
import { Page } from './page.tsx';
import { takeKey } from './session.ts';
import { watchTab } from './tab.ts';
import { startWorld } from './world.ts';

// Of what comes within a frame nobody would see the steps; in a tab that is hidden it waits to be looked at.
options.debounceRendering = (update) => requestAnimationFrame(update);

await takeKey();
startWorld();
watchTab();
render(<Page />, document.body);
