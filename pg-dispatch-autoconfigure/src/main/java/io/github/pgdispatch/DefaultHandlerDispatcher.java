package io.github.pgdispatch;

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
	public long dispatch(Dispatch dispatch) {
		String handler = dispatch.handler();
		Assert.isTrue(handler != null, "SQL is no call of a handler. Pass it to PgDispatchTemplate");
		return this.transaction.call(() -> {
			Map<String, String> headers = new LinkedHashMap<>();
			this.propagator.inject(headers);
			Long id = this.gateway.dispatchHandler(handler, dispatch.content(), headers, dispatch.delay(),
					!this.listener.isListening(), dispatch.options());
			CommitCallback.of(this.listener).count(dispatch.delay().toSeconds() > 0);
			return DispatchedInTransaction.add(id);
		});
	}

}
