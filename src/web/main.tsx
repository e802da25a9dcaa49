/** The page: asks for the password if it has none, and shows what the address names. */
import './page.css';
import { render } from 'preact';
import { Page } from './page.tsx';
import { hasKey, takeKey } from './session.ts';
import { startWorld } from './world.ts';

takeKey();
if (hasKey.value) startWorld();
render(<Page />, document.body);
