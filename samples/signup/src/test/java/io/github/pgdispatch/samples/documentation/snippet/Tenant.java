package io.github.pgdispatch.samples.documentation.snippet;

/**
 * The tenant of the current thread.
 */
final class Tenant {

	private static final ThreadLocal<String> CURRENT = new ThreadLocal<>();

	private Tenant() {
	}

	static String current() {
		String current = CURRENT.get();
		return (current != null) ? current : "nobody";
	}

	static Reset set(String tenant) {
		CURRENT.set(tenant);
		return CURRENT::remove;
	}

	static void run(String tenant, Runnable action) {
		Reset reset = set(tenant);
		try {
			action.run();
		}
		finally {
			reset.reset();
		}
	}

	interface Reset {

		void reset();

	}

}
