package io.github.pgdispatch;

import java.time.Duration;

import javax.sql.DataSource;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * Dispatches calls of handlers out of the current transaction: some node of the
 * application that knows the handler makes the call after the commit, and none does if
 * the transaction rolls back. It is what {@link AfterCommitDispatch} on a method with a
 * body comes down to.
 *
 * <p>
 * Thread-safe. What holds for transactions is the same as with
 * {@link PgDispatchTemplate}.
 */
public interface HandlerDispatcher {

	/**
	 * Creates a dispatcher.
	 * @param dataSource of the database that has the schema
	 * @param transactionManager of the transactions to join, which manages connections of
	 * that {@code DataSource}
	 * @param transactionRequired whether a dispatch fails if there is no transaction; if
	 * not, it commits by itself then
	 * @param propagator that gives headers to jobs
	 * @param listener to be told of commits
	 * @return a thread-safe dispatcher
	 */
	static HandlerDispatcher create(DataSource dataSource, PlatformTransactionManager transactionManager,
			boolean transactionRequired, DispatchPropagator propagator, DispatchListener listener) {
		return new DefaultHandlerDispatcher(dataSource, transactionManager, transactionRequired, propagator, listener);
	}

	/**
	 * Has a handler called after the current transaction has committed, but not before
	 * the delay has passed since that transaction began.
	 * @param handler its name
	 * @param arguments a JSON object of the call's arguments, by the names of the
	 * parameters
	 * @param delay zero or more; truncated to whole seconds
	 */
	default void dispatch(String handler, String arguments, Duration delay) {
		fire(Dispatch.handler(handler, arguments).delay(delay));
	}

	/**
	 * Has a handler called after the current transaction has committed.
	 * @param dispatch of a handler
	 * @return the id of the job, as in {@link PgDispatchTemplate#dispatch(Dispatch)}
	 */
	long dispatch(Dispatch dispatch);

	/**
	 * Has a handler called after the current transaction has committed. For those who do
	 * not ask for the id of the job, which would cost them as much again.
	 * @param dispatch of a handler
	 */
	void fire(Dispatch dispatch);

}
