package io.github.pgdispatch.driver;

import java.util.Set;

/**
 * Recognizes failures of a method whose transaction was undone in favour of another
 * transaction.
 */
final class LostRace {

	/**
	 * The SQLSTATEs of serialization failures and deadlocks, see appendix A of
	 * PostgreSQL's manual.
	 */
	private static final Set<String> STATES = Set.of("40001", "40P01");

	private LostRace() {
	}

	static boolean isCauseOf(Throwable error) {
		return Causes.anySql(error, (ex) -> STATES.contains(String.valueOf(ex.getSQLState())));
	}

}
