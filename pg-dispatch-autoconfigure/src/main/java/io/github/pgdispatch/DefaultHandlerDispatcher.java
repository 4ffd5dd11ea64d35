package io.github.pgdispatch;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

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

	private final DispatchPropagator propagator;

	private final DispatchListener listener;

	DefaultHandlerDispatcher(DataSource dataSource, PlatformTransactionManager transactionManager,
			boolean transactionRequired, DispatchPropagator propagator, DispatchListener listener) {
		this.gateway = new JobGateway(dataSource);
		this.transaction = new DispatchTransaction(transactionManager, dataSource, transactionRequired);
		this.propagator = propagator;
		this.listener = listener;
	}

	@Override
	public void dispatch(String handler, String arguments, Duration delay) {
		Assert.isTrue(!delay.isNegative(), () -> "The delay must not be negative, but is " + delay);
		this.transaction.execute(() -> {
			Map<String, String> headers = new LinkedHashMap<>();
			this.propagator.inject(headers);
			this.gateway.dispatchHandler(handler, arguments, headers, delay, !this.listener.isListening());
			CommitCallback.of(this.listener).count(delay.toSeconds() > 0);
		});
	}

}
