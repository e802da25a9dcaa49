/** How a method declares what it answers: for help, the API document and the tests that compare both. */

/** Bitcoin Core's RPCResult::Type. */
export type ResultType =
  | 'object'
  | 'keyed' // object whose keys are data
  | 'array'
  | 'fixed-array'
  | 'string'
  | 'hex'
  | 'number'
  | 'amount'
  | 'time'
  | 'boolean'
  | 'none'
  | 'any';

export interface Result {
  readonly type: ResultType;
  readonly name: string;
  readonly description: string;
  readonly optional: boolean;
  readonly inner: readonly Result[];
  /** When this is the result, for methods that have several. */
  readonly condition: string;
}

interface ResultOptions {
  readonly optional?: boolean;
  readonly condition?: string;
}

const leaf =
  (type: ResultType) =>
  (name: string, description: string, options: ResultOptions = {}): Result =>
    build(type, name, description, [], options);

const branch =
  (type: ResultType) =>
  (name: string, description: string, inner: readonly Result[], options: ResultOptions = {}): Result =>
    build(type, name, description, inner, options);

function build(
  type: ResultType,
  name: string,
  description: string,
  inner: readonly Result[],
  options: ResultOptions,
): Result {
  return {
    type,
    name,
    description,
    inner,
    optional: options.optional ?? false,
    condition: options.condition ?? '',
  };
}

/** `result.hex('', 'the block hash')`; the name is empty outside objects. */
export const result = Object.freeze({
  object: branch('object'),
  keyed: branch('keyed'),
  array: branch('array'),
  fixedArray: branch('fixed-array'),
  string: leaf('string'),
  hex: leaf('hex'),
  number: leaf('number'),
  amount: leaf('amount'),
  time: leaf('time'),
  boolean: leaf('boolean'),
  none: leaf('none'),
  any: leaf('any'),
});
