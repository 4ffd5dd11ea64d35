package io.github.pgdispatch;

import java.time.Duration;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.JobGateway;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.Assert;

/**
 * The dispatcher: writes the job in the current transaction.
 */
final class DefaultHandlerDispatcher implements HandlerDispatcher {

	private final JobGateway gateway;

	private final DispatchTransaction transaction;

	private final DispatchListener listener;

	DefaultHandlerDispatcher(DataSource dataSource, PlatformTransactionManager transactionManager,
			boolean transactionRequired, DispatchListener listener) {
		this.gateway = new JobGateway(dataSource);
		this.transaction = new DispatchTransaction(transactionManager, dataSource, transactionRequired);
		this.listener = listener;
	}

	@Override
	public void dispatch(String handler, String arguments, Duration delay) {
		Assert.isTrue(!delay.isNegative(), () -> "The delay must not be negative, but is " + delay);
		this.transaction.execute(() -> {
			this.gateway.dispatchHandler(handler, arguments, delay, !this.listener.isListening());
			CommitCallback.of(this.listener).count(delay.toSeconds() > 0);
		});
	}

}
