// The endpoint's answers. Everything is relative to the endpoint, wherever base path, context path or a proxy put it.

const ROOT = new URL("../", import.meta.url).href;

/** How far the clock of the server is ahead of the clock here, in milliseconds. */
let skew = 0;

/** The database that the page shows, which is the first one unless its address says otherwise. */
const database = new URLSearchParams(location.search).get("database");

let csrf = null;

export class ApiError extends Error {

	constructor(status, message) {
		super(message);
		this.status = status;
	}

}

/**
 * Returns the time of the server. A difference of a few seconds is no more than the resolution of what it is known from.
 */
export function now() {
	return Date.now() + (Math.abs(skew) > 5000 ? skew : 0);
}

export async function overview(signal) {
	const answer = await call(ROOT.slice(0, -1) + query({}), { signal });
	csrf = answer.csrf ?? null;
	return answer;
}

/**
 * Reads something. Parameters without a value are left out.
 */
export function get(path, parameters, signal) {
	return call(ROOT + path + query(parameters ?? {}), { signal });
}

function query(parameters) {
	const given = Object.entries({ ...parameters, database }).filter(([, value]) => value);
	return given.length ? `?${new URLSearchParams(given)}` : "";
}

/**
 * Changes something, and returns the answer. The endpoint takes texts only.
 */
export function post(path, body) {
	const texts = Object.entries({ ...body, database }).filter(([, value]) => value).map(([name, value]) => [name, String(value)]);
	return call(ROOT + path, {
		method: "POST",
		headers: { "Content-Type": "application/json", ...csrfHeader() },
		body: JSON.stringify(Object.fromEntries(texts))
	});
}

function csrfHeader() {
	if (csrf) {
		return { [csrf.header]: csrf.token };
	}
	const cookie = document.cookie.match(/(?:^|; )XSRF-TOKEN=([^;]*)/);
	return cookie ? { "X-XSRF-TOKEN": decodeURIComponent(cookie[1]) } : {};
}

async function call(url, options) {
	const response = await fetch(url, { cache: "no-store", ...options }).catch((failure) => {
		if (failure.name === "AbortError") {
			throw failure;
		}
		throw new ApiError(0, "The application does not answer. This page goes on trying.");
	});
	skew = Date.parse(response.headers.get("Date")) - Date.now() || 0;
	const isJson = response.headers.get("Content-Type")?.includes("json");
	if (response.ok && isJson && !response.redirected) {
		return response.json();
	}
	const status = response.redirected || response.ok ? 401 : response.status;
	throw new ApiError(status, explain(status) ?? ((isJson && (await response.json()).error) || `The application answered with status ${status}.`));
}

/**
 * Explains what was not answered by the endpoint, but by what protects it.
 */
function explain(status) {
	switch (status) {
		case 401: return "You are not logged in, or no longer. Reload this page to log in.";
		case 403: return "You are not allowed to do this. If you are, your session may have ended: reload this page.";
		case 405: return "The endpoint is read-only. Set management.endpoint.pgdispatch.access=unrestricted to change something.";
		default: return null;
	}
}
