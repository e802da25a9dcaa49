/** The page: asks for the key if it has none, and shows what the address names. */
import './page.css';
import { render } from 'preact';
import { drawByFrames } from './frames.ts';
import { Page } from './page.tsx';
import { takeKey } from './session.ts';
import { watchTab } from './tab.ts';
import { startWorld } from './world.ts';

drawByFrames();
await takeKey();
startWorld();
watchTab();
render(<Page />, document.body);
