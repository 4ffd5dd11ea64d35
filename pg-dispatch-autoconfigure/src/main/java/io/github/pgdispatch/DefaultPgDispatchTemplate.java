package io.github.pgdispatch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.command.Command;
import io.github.pgdispatch.command.ParameterValues;
import io.github.pgdispatch.gateway.DispatchOptions;
import io.github.pgdispatch.gateway.DispatchGateway;
import io.github.pgdispatch.gateway.JobControlGateway;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.function.SingletonSupplier;

/**
 * The template: turns SQL and parameters into a command, and writes it in the current
 * transaction.
 */
final class DefaultPgDispatchTemplate implements PgDispatchTemplate {

	private final DispatchGateway gateway;

	private final DispatchTransaction transaction;

	private final DispatchListener listener;

	private final JobControlGateway life;

	private final DispatchTransaction anyTransaction;

	private final JobResults results;

	private final Supplier<HandlerDispatcher> handlers;

	private final DispatchPropagator propagator;

	private final DispatchDefaults defaults;

	private final DispatchOptions nothingAsked;

	DefaultPgDispatchTemplate(DataSource dataSource, PlatformTransactionManager transactionManager,
			boolean transactionRequired, DispatchListener listener, JobResults results) {
		this(dataSource, transactionManager, transactionRequired, listener, results,
				SingletonSupplier.of(() -> HandlerDispatcher.create(dataSource, transactionManager, transactionRequired,
						DispatchPropagator.of(List.of()), new NobodyListening())),
				DispatchPropagator.of(List.of()), DispatchDefaults.ONE_ATTEMPT);
	}

	DefaultPgDispatchTemplate(DataSource dataSource, PlatformTransactionManager transactionManager,
			boolean transactionRequired, DispatchListener listener, JobResults results,
			Supplier<HandlerDispatcher> handlers, DispatchPropagator propagator, DispatchDefaults defaults) {
		this.gateway = new DispatchGateway(dataSource);
		this.transaction = new DispatchTransaction(transactionManager, dataSource, transactionRequired);
		this.listener = listener;
		this.life = new JobControlGateway(dataSource);
		this.anyTransaction = new DispatchTransaction(transactionManager, dataSource, false);
		this.results = results;
		this.handlers = handlers;
		this.propagator = propagator;
		this.defaults = defaults;
		this.nothingAsked = defaults.complete(DispatchOptions.NONE);
	}

	@Override
	public void fire(String sql) {
		snooze(sql, Map.of(), Duration.ZERO);
	}

	@Override
	public void fire(String sql, Object parameters) {
		snooze(sql, parameters, Duration.ZERO);
	}

	@Override
	public void snooze(String sql, Duration delay) {
		snooze(sql, Map.of(), delay);
	}

	@Override
	public void snooze(String sql, Object parameters, Duration delay) {
		snooze(Command.parse(sql), parameters, delay);
	}

	@Override
	public void snooze(Command command, Object parameters, Duration delay) {
		fire(Dispatch.sql(command, parameters).delay(delay));
	}

	@Override
	public long dispatch(Dispatch dispatch) {
		if (dispatch.handler() != null) {
			return this.handlers.get().dispatch(dispatch);
		}
		DispatchOptions options = complete(dispatch.options());
		return this.transaction.call(() -> {
			Long id = this.gateway.dispatch(dispatch.content(), headers(), dispatch.delay(),
					!this.listener.isListening(), options);
			CommitCallback.of(this.listener).count(dispatch.isLater());
			return DispatchedInTransaction.add(id);
		});
	}

	@Override
	public void fire(Dispatch dispatch) {
		if (dispatch.handler() != null) {
			this.handlers.get().fire(dispatch);
			return;
		}
		DispatchOptions options = complete(dispatch.options());
		this.transaction.execute(() -> {
			this.gateway.fire(dispatch.content(), headers(), dispatch.delay(), !this.listener.isListening(), options);
			CommitCallback.of(this.listener).count(dispatch.isLater());
		});
	}

	@Override
	public void fireAll(String sql, Collection<?> parameters) {
		Command command = Command.parse(sql);
		List<String> commands = new ArrayList<>(parameters.size());
		for (Object each : parameters) {
			commands.add(command.render(ParameterValues.of(each)));
		}
		this.transaction.execute(() -> {
			if (!commands.isEmpty()) {
				this.gateway.dispatchAll(commands, headers(), !this.listener.isListening(), this.nothingAsked);
				CommitCallback.of(this.listener).count(commands.size(), false);
			}
		});
	}

	private DispatchOptions complete(DispatchOptions asked) {
		return asked.values().isEmpty() ? this.nothingAsked : this.defaults.complete(asked);
	}

	private Map<String, String> headers() {
		Map<String, String> headers = new LinkedHashMap<>();
		this.propagator.inject(headers);
		return headers;
	}

	@Override
	public Optional<JobInfo> find(long id) {
		return this.life.find(id).map(JobInfo::of);
	}

	@Override
	public Cancellation cancel(long id) {
		String answer = this.anyTransaction.call(() -> this.life.cancel(id));
		return (answer != null) ? Cancellation.valueOf(answer) : Cancellation.NOT_FOUND;
	}

	@Override
	public boolean retry(long id) {
		return this.anyTransaction.call(() -> this.life.retry(id));
	}

	@Override
	public JobResult await(long id, Duration timeout) {
		DispatchResult.refuseInTransactionOf(id);
		CompletableFuture<JobResult> ended = this.results.whenEnded(id);
		try {
			return DispatchResult.get(id, ended, timeout);
		}
		finally {
			ended.cancel(false);
		}
	}

	/**
	 * The listener to dispatches of handlers where there is none: nodes are notified
	 * through the database.
	 */
	private static final class NobodyListening implements DispatchListener {

		@Override
		public boolean isListening() {
			return false;
		}

		@Override
		public void committed(int fired, int snoozed) {
		}

	}

}
