/** Styles are imported for the bundle, and are nothing to the compiler. */
declare module '*.css';
