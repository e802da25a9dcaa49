/** The home: the blocks with their branches, the nodes with their links, and what one can do to them. */
import { Card, Some } from '../parts.tsx';
import { isDevnet, mayWrite } from '../session.ts';
import { happenings, nodes } from '../world.ts';
import { Controls } from './controls.tsx';
import { FEW, Graph } from './graph.tsx';
import { Reorganisations } from './reorganisations.tsx';
import { Strip } from './strip.tsx';

export function NetworkView() {
  return (
    <>
      <Card title="Chain" wide>
        <Strip />
      </Card>
      <Card title={isDevnet ? 'Nodes and links' : 'Peers'} wide={nodes.value.length > FEW}>
        <Graph />
      </Card>
      {isDevnet && mayWrite && <Controls />}
      <Card title="Reorganisations" wide>
        <Reorganisations />
      </Card>
      <Card title="What just happened" wide>
        <div aria-live="polite">
          <Some
            of={happenings.value}
            class="log"
            page={15}
            moves
            row={({ id, text, link }) => (
              <li key={id}>{link === undefined ? text : <a href={link}>{text}</a>}</li>
            )}
          />
        </div>
        {happenings.value.length === 0 && (
          <p class="soft">Nothing yet. Blocks and payments are told as they come.</p>
        )}
      </Card>
    </>
  );
}
