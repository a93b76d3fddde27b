/** Kubernetes labels, annotations and selectors by label. */
export type Labels = Readonly<Record<string, string>>;
