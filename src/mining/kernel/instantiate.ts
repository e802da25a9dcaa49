/** WebAssembly as the kernels need it: neither ES2023 nor Node's types declare it. */

interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: Kernel };
}

/** What `assembleModule` exports. */
export interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly run: (first: number, second: number) => number;
}

const api = (globalThis as unknown as { WebAssembly?: WebAssemblyApi }).WebAssembly;

/** Null where the machine cannot run it: without WebAssembly, or without an instruction that is used. */
export function instantiate(bytes: Uint8Array): Kernel | null {
  return api?.validate(bytes) ? new api.Instance(new api.Module(bytes)).exports : null;
}
