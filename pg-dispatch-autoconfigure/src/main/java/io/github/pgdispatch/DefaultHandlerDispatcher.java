package io.github.pgdispatch;

import java.util.LinkedHashMap;
import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.DispatchGateway;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.Assert;

/**
 * The dispatcher: writes the job in the current transaction.
 */
final class DefaultHandlerDispatcher implements HandlerDispatcher {

	private final DispatchGateway gateway;

	private final DispatchTransaction transaction;

	private final DispatchPropagator propagator;

	private final DispatchListener listener;

	DefaultHandlerDispatcher(DataSource dataSource, PlatformTransactionManager transactionManager,
			boolean transactionRequired, DispatchPropagator propagator, DispatchListener listener) {
		this.gateway = new DispatchGateway(dataSource);
		this.transaction = new DispatchTransaction(transactionManager, dataSource, transactionRequired);
		this.propagator = propagator;
		this.listener = listener;
	}

	@Override
	public long dispatch(Dispatch dispatch) {
		String handler = handler(dispatch);
		return this.transaction.call(() -> {
			Long id = this.gateway.dispatchHandler(handler, dispatch.content(), headers(), dispatch.delay(),
					!this.listener.isListening(), dispatch.options());
			CommitCallback.of(this.listener).count(dispatch.isLater());
			return DispatchedInTransaction.add(id);
		});
	}

	@Override
	public void fire(Dispatch dispatch) {
		String handler = handler(dispatch);
		this.transaction.execute(() -> {
			this.gateway.fireHandler(handler, dispatch.content(), headers(), dispatch.delay(),
					!this.listener.isListening(), dispatch.options());
			CommitCallback.of(this.listener).count(dispatch.isLater());
		});
	}

	private static String handler(Dispatch dispatch) {
		String handler = dispatch.handler();
		Assert.isTrue(handler != null, "SQL is no call of a handler. Pass it to PgDispatchTemplate");
		return handler;
	}

	private Map<String, String> headers() {
		Map<String, String> headers = new LinkedHashMap<>();
		this.propagator.inject(headers);
		return headers;
	}

}
