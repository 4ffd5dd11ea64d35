package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.TransactionSystemException;

/**
 * Finds the causes of an exception.
 */
final class Causes {

	/**
	 * Limits the number of causes, as an exception may be a cause of itself.
	 */
	private static final int MAX_CAUSES = 100;

	private Causes() {
	}

	/**
	 * Returns an exception followed by its causes, from the closest to the first one.
	 */
	static Stream<Throwable> of(Throwable error) {
		return Stream.iterate(error, (cause) -> cause != null, Causes::next).limit(MAX_CAUSES);
	}

	/**
	 * Returns whether an exception or one of its causes is an {@link SQLException} that
	 * meets a condition.
	 */
	static boolean anySql(Throwable error, Predicate<SQLException> condition) {
		return of(error).anyMatch((cause) -> cause instanceof SQLException sql && condition.test(sql));
	}

	/**
	 * Returns the cause of an exception. When a connection is lost, the rollback fails
	 * too, with an exception that has the original one as its application exception.
	 */
	private static @Nullable Throwable next(Throwable cause) {
		return (cause instanceof TransactionSystemException ex && ex.getApplicationException() != null)
				? ex.getApplicationException() : cause.getCause();
	}

}
