package io.github.pgdispatch;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.DispatchGateway;
import io.github.pgdispatch.gateway.DispatchOptions;
import io.github.pgdispatch.gateway.Option;

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

	private final DispatchListener handlerListener;

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
		this.handlerListener = handlerListener;
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
		return write(dispatch, (headers, notify) -> {
			Long id = (handler != null)
					? this.gateway.dispatchHandler(handler, dispatch.content(), headers, dispatch.delay(), notify,
							options)
					: this.gateway.dispatch(command(dispatch.content(), headers), headers, dispatch.delay(), notify,
							options);
			return DispatchedInTransaction.add(id);
		});
	}

	/**
	 * Writes a job without asking for its id.
	 */
	void fire(Dispatch dispatch) {
		String handler = dispatch.handler();
		DispatchOptions options = options(dispatch);
		write(dispatch, (headers, notify) -> {
			if (handler != null) {
				this.gateway.fireHandler(handler, dispatch.content(), headers, dispatch.delay(), notify, options);
			}
			else {
				this.gateway.fire(command(dispatch.content(), headers), headers, dispatch.delay(), notify, options);
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
		ObservedDispatch observed = new ObservedDispatch(null, null, null, new LinkedHashMap<>());
		write(observed, this.listener, commands.size(), false, (headers, notify) -> {
			this.gateway.dispatchAll(commands.stream().map((sql) -> command(sql, headers)).toList(), headers, notify,
					this.defaultOptions);
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

	private long write(Dispatch dispatch, Statement statement) {
		DispatchOptions options = dispatch.options();
		ObservedDispatch observed = new ObservedDispatch(dispatch.handler(), (String) options.get(Option.LABEL),
				(String) options.get(Option.QUEUE), new LinkedHashMap<>());
		return write(observed, (dispatch.handler() != null) ? this.handlerListener : this.listener, 1,
				dispatch.isLater(), statement);
	}

	private long write(ObservedDispatch dispatch, DispatchListener listener, int jobs, boolean later,
			Statement statement) {
		return this.observer.observe(dispatch, () -> this.transaction.call(() -> {
			this.propagator.inject(dispatch.headers());
			long id = statement.execute(dispatch.headers(), !listener.isListening());
			CommitCallback.of(listener).count(jobs, later);
			return id;
		}));
	}

	private interface Statement {

		/**
		 * Writes jobs and returns the id of the job, or zero if it is unknown.
		 */
		long execute(Map<String, String> headers, boolean notify);

	}

}
