/** The log of a node in a tab: the browser's console. */
import type { LogLevel } from '../../seams.ts';
import { CategoryLogger } from '../shared/category-logger.ts';

export class ConsoleLogger extends CategoryLogger {
  readonly path = '';

  protected override write(level: LogLevel, line: string): void {
    if (level === 'warn' || level === 'error') console.warn(line);
    else console.debug(line);
  }
}
