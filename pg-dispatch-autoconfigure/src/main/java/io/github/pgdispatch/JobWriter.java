package io.github.pgdispatch;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.DispatchGateway;
import io.github.pgdispatch.gateway.DispatchOptions;
import io.github.pgdispatch.gateway.Option;
import org.jspecify.annotations.Nullable;

/**
 * Writes jobs of both kinds in the current transaction, with their headers, and counts
 * them for the listener. Thread-safe.
 */
final class JobWriter {

	private static final long UNKNOWN = 0;

	private final DispatchGateway gateway;

	private final DispatchTransaction transaction;

	private final DispatchPropagator propagator;

	private final DispatchObserver observer;

	private final boolean traceComment;

	private final DispatchListener listener;

	private final HandlerJobWriter handlerJobs;

	private final DispatchDefaults defaults;

	private final DispatchOptions defaultOptions;

	JobWriter(DataSource dataSource, DispatchTransaction transaction, DispatchPropagator propagator,
			DispatchObserver observer, boolean traceComment, DispatchListener listener,
			DispatchListener handlerListener, DispatchDefaults defaults) {
		this.gateway = new DispatchGateway(dataSource);
		this.transaction = transaction;
		this.propagator = propagator;
		this.observer = observer;
		this.traceComment = traceComment;
		this.listener = listener;
		this.handlerJobs = new HandlerJobWriter(this.gateway, handlerListener);
		this.defaults = defaults;
		this.defaultOptions = defaults.complete(DispatchOptions.NONE);
	}

	/**
	 * Writes a job and returns its id, or zero if the transaction cannot see the waiting
	 * job that has its key.
	 */
	long dispatch(Dispatch dispatch) {
		String handler = dispatch.handler();
		DispatchOptions options = options(dispatch);
		return write(dispatch, (headers) -> DispatchedInTransaction
			.add((handler != null) ? this.handlerJobs.write(handler, dispatch, headers, true)
					: writeCommands(1, dispatch.isLater(), (notify) -> this.gateway
						.dispatch(command(dispatch.content(), headers), headers, dispatch.delay(), notify, options))));
	}

	/**
	 * Writes a job without asking for its id.
	 */
	void fire(Dispatch dispatch) {
		String handler = dispatch.handler();
		DispatchOptions options = options(dispatch);
		write(dispatch, (headers) -> {
			if (handler != null) {
				this.handlerJobs.write(handler, dispatch, headers, false);
			}
			else {
				writeCommands(1, dispatch.isLater(), (notify) -> {
					this.gateway.fire(command(dispatch.content(), headers), headers, dispatch.delay(), notify, options);
					return null;
				});
			}
			return UNKNOWN;
		});
	}

	/**
	 * Writes a job for each command. Without any command, only requires a transaction.
	 */
	void fireAll(List<String> commands) {
		if (commands.isEmpty()) {
			this.transaction.execute(() -> {
			});
			return;
		}
		write(new ObservedDispatch(null, null, null, new LinkedHashMap<>()), (headers) -> {
			writeCommands(commands.size(), false, (notify) -> {
				this.gateway.dispatchAll(commands.stream().map((sql) -> command(sql, headers)).toList(), headers,
						notify, this.defaultOptions);
				return null;
			});
			return UNKNOWN;
		});
	}

	private String command(String sql, Map<String, String> headers) {
		return this.traceComment ? TraceComment.addTo(sql, headers) : sql;
	}

	/**
	 * The options of a handler that are not set are those of its method, which are known
	 * where it runs.
	 */
	private DispatchOptions options(Dispatch dispatch) {
		DispatchOptions options = dispatch.options();
		if (dispatch.handler() != null) {
			return options;
		}
		return options.values().isEmpty() ? this.defaultOptions : this.defaults.complete(options);
	}

	private @Nullable Long writeCommands(int jobs, boolean later, Function<Boolean, @Nullable Long> statement) {
		Long id = statement.apply(!this.listener.isListening());
		CommitCallback.of(this.listener).count(jobs, later);
		return id;
	}

	private long write(Dispatch dispatch, Statement statement) {
		DispatchOptions options = dispatch.options();
		return write(new ObservedDispatch(dispatch.handler(), (String) options.get(Option.LABEL),
				(String) options.get(Option.QUEUE), new LinkedHashMap<>()), statement);
	}

	private long write(ObservedDispatch dispatch, Statement statement) {
		return this.observer.observe(dispatch, () -> this.transaction.call(() -> {
			this.propagator.inject(dispatch.headers());
			return statement.execute(dispatch.headers());
		}));
	}

	private interface Statement {

		/**
		 * Writes jobs and returns the id of the job, or zero if it is unknown.
		 */
		long execute(Map<String, String> headers);

	}

}
