/** Cuts descriptor text into its expressions (Core's script/parsing.cpp). */

/** Text that is being read from its front. */
export class TextCursor {
  rest: string;

  constructor(text: string) {
    this.rest = text;
  }

  /** Takes this text off the front if it is there. */
  skip(text: string): boolean {
    if (!this.rest.startsWith(text)) return false;
    this.rest = this.rest.slice(text.length);
    return true;
  }

  /** Takes everything up to the next comma or closing bracket that does not belong to it. */
  takeExpression(): string {
    let level = 0;
    let at = 0;
    for (; at < this.rest.length; at++) {
      const character = this.rest[at]!;
      if (character === '(' || character === '{') level++;
      else if (level > 0 && (character === ')' || character === '}')) level--;
      else if (level === 0 && (character === ')' || character === '}' || character === ',')) break;
    }
    const taken = this.rest.slice(0, at);
    this.rest = this.rest.slice(at);
    return taken;
  }
}

/** A decimal uint32 as Core's ToIntegral reads it. */
export function parseUint32(text: string): number | null {
  if (!/^[0-9]+$/.test(text)) return null;
  const value = Number(text);
  return value <= 0xffffffff ? value : null;
}
