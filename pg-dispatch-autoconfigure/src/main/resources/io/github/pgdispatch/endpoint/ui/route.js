// Where the reader is: the page and its filters are in the address, so that a link to it shows the same.

/**
 * Reads the address, such as #/jobs/7 or #/jobs?state=waiting.
 */
export function current() {
	const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
	const [page, id] = path.split("/").map(decodeURIComponent);
	return { page, id, parameters: Object.fromEntries(new URLSearchParams(query)) };
}

/**
 * Returns the address of a page. Parameters without a value are left out.
 */
export function link(page, parameters = {}, id = null) {
	const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value)).toString();
	return `#/${page}${id === null ? "" : `/${encodeURIComponent(id)}`}${query ? `?${query}` : ""}`;
}

/**
 * Returns the address of the jobs of a handler or with a label. SQL without a label has no name.
 */
export function jobsOf(kind, name, parameters = {}) {
	return link("jobs", { ...name ? { [kind === "SQL" ? "label" : "handler"]: name } : { kind: kind.toLowerCase() }, ...parameters });
}
