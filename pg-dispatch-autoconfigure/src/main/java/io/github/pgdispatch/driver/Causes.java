package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.TransactionSystemException;

/**
 * What an exception was caused by.
 */
final class Causes {

	/**
	 * An exception may be a cause of itself.
	 */
	private static final int MOST = 100;

	private Causes() {
	}

	/**
	 * Returns an exception and its causes, the one closest to it first.
	 */
	static Stream<Throwable> of(Throwable error) {
		return Stream.iterate(error, (cause) -> cause != null, Causes::next).limit(MOST);
	}

	static boolean anySql(Throwable error, Predicate<SQLException> condition) {
		return of(error).anyMatch((cause) -> cause instanceof SQLException sql && condition.test(sql));
	}

	/**
	 * On a lost connection the rollback fails too, with an exception that has the first
	 * one in a place of its own.
	 */
	private static @Nullable Throwable next(Throwable cause) {
		return (cause instanceof TransactionSystemException ex && ex.getApplicationException() != null)
				? ex.getApplicationException() : cause.getCause();
	}

}
