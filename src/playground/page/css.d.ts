/** A style sheet is imported for the bundler, which puts it into a file of its own. */
declare module '*.css';
