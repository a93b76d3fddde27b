/** Null where there is none. */
export declare const browserPath: string | null;
