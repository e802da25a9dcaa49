/** Texts of requests that are nearly JSON: numbers and strings of every form, nesting, and what comes around. */
import { concatBytes, utf8 } from '../../src/core/encoding/bytes.ts';
import type { Draw } from './draw.ts';
import { changedBytes } from './spends.ts';

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';

function drawNumber(draw: Draw): string {
  const digits = (): string =>
    draw.list(draw.between(0, 9), () => draw.one(['0', '0', '1', '9', `${draw.below(10)}`])).join('');
  const exponent = (): string =>
    draw.one(['', 'e', 'E', 'e+', 'e-', 'E-']) +
    draw.one(['', '0', '00', '1', '8', '9', '10', '17', '18', '1000']);
  return [
    draw.one(['', '', '', '-', '+']),
    draw.one(['0', '', '00', '1', '20999999', '21000000', '0.1', digits()]),
    draw.one(['', '', '.', `.${digits()}`, '.00000001', '.000000010', '.000000001']),
    draw.once(2) ? '' : exponent(),
  ].join('');
}

const PIECES = [
  'a',
  '\\n',
  '\\/',
  '\\x',
  '\\u0000',
  '\\u00e9',
  '\\ud83d',
  '\\ude00',
  '\\uD83D\\uDE00',
  '\\u12',
  '\\"',
  '\u0001',
  '\u007f',
  'é',
  '😀',
  '\\',
  '\ufeff',
];

const drawString = (draw: Draw): string =>
  `"${draw.list(draw.between(0, 4), () => draw.one(PIECES)).join('')}"`;

function drawValue(draw: Draw, depth: number): string {
  return draw.weighted([
    [3, () => drawNumber(draw)],
    [3, () => drawString(draw)],
    [2, () => draw.one(['null', 'true', 'false', 'nul', 'True', 'NaN'])],
    [
      depth < 3 ? 2 : 0,
      () => `[${draw.list(draw.below(3), () => drawValue(draw, depth + 1)).join(draw.once(12) ? ' ' : ',')}]`,
    ],
    [
      depth < 3 ? 2 : 0,
      () =>
        `{${draw.list(draw.below(3), () => `${drawString(draw)}:${drawValue(draw, depth + 1)}`).join(',')}}`,
    ],
    [1, () => nested(draw.between(500, 520), draw.one(['', '1']))],
  ])();
}

const nested = (depth: number, inner: string): string => '['.repeat(depth) + inner + ']'.repeat(depth);

/** The bytes of a request's body. */
export function drawRequest(draw: Draw): Uint8Array {
  const amount = draw.once(2) ? drawNumber(draw) : `"${drawNumber(draw)}"`;
  const [method, parameters] = draw.weighted<() => readonly [string, string]>([
    [6, () => ['createrawtransaction', `[[],{"${ADDRESS}":${amount}}]`]],
    [2, () => ['createrawtransaction', `[[],[],${drawNumber(draw)}]`]],
    [2, () => ['getblockhash', `[${drawNumber(draw)}]`]],
    [2, () => ['estimatesmartfee', `[${drawValue(draw, 0)}]`]],
    [4, () => ['validateaddress', `[${drawString(draw)}]`]],
    [3, () => ['getblockhash', `${drawValue(draw, 0)}`]],
    [1, () => ['getblockcount', '[]']],
  ])();
  const id = draw.once(3) ? drawValue(draw, 1) : '1';
  const version = draw.one(['"jsonrpc":"2.0",', '"jsonrpc":"1.0",', '', `"jsonrpc":${drawValue(draw, 2)},`]);
  const again = draw.once(10) ? ',"method":"nothing"' : '';
  const one = `{${version}"id":${id},"method":"${method}","params":${parameters}${again}}`;
  const text = draw.weighted([
    [12, one],
    [1, `[${one},${one}]`],
    [1, ` ${one}\n\t`],
    [1, `${one}${draw.one([' x', '\0', '{}', ','])}`],
    [1, `\ufeff${one}`],
  ]);
  const bytes = utf8(text);
  return draw.once(6) ? changedBytes(draw, bytes) : draw.once(20) ? concatBytes(bytes, draw.bytes(1)) : bytes;
}
