/** WebAssembly as the kernels need it: neither ES2023 nor Node's types declare it. */

interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  CompileError: new () => Error;
  Instance: new (module: object) => { readonly exports: Kernel };
}

/** What `assembleModule` exports. */
export interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly run: (first: number, second: number) => number;
}

const api = (globalThis as unknown as { WebAssembly?: WebAssemblyApi }).WebAssembly;

/**
 * Null where the machine cannot run it: without WebAssembly, without an instruction that is used, where a process may
 * not reserve the address space that engines want for its memory (`ulimit -v`; in V8 some 10 GB), or where a page's
 * policy forbids it (a CompileError).
 */
export function instantiate(bytes: Uint8Array): Kernel | null {
  if (!api?.validate(bytes)) return null;
  try {
    return new api.Instance(new api.Module(bytes)).exports;
  } catch (error) {
    if (error instanceof RangeError || error instanceof api.CompileError) return null;
    throw error;
  }
}
