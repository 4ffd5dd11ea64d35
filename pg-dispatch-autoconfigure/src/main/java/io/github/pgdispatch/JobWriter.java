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

import org.springframework.core.NamedThreadLocal;

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

	private final HandlerJobWriter handlerJobs;

	/**
	 * The batch to which the calls of the current thread add jobs.
	 */
	private final ThreadLocal<@Nullable Long> currentBatch = new NamedThreadLocal<>("current batch of pg-dispatch");

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
		this.handlerJobs = new HandlerJobWriter(this.gateway, handlerListener);
		this.defaults = defaults;
		this.defaultOptions = defaults.complete(DispatchOptions.NONE);
	}

	/**
	 * Writes a job and returns its id, or zero if the transaction cannot see the waiting
	 * job that has its key.
	 */
	long dispatch(Dispatch description) {
		Dispatch dispatch = inCurrentBatch(description);
		return write(dispatch, (headers) -> dispatch(dispatch, headers));
	}

	private long dispatch(Dispatch dispatch, Map<String, String> headers) {
		String handler = dispatch.handler();
		DispatchOptions options = options(dispatch);
		return DispatchedInTransaction.add((handler != null) ? this.handlerJobs.write(handler, dispatch, headers, true)
				: writeCommands(1, dispatch.isLater(), (notify) -> this.gateway.dispatch(content(dispatch, headers),
						headers, dispatch.delay(), notify, options)));
	}

	/**
	 * Writes jobs of a batch that differ in their contents only.
	 */
	void dispatchAll(List<Dispatch> jobs) {
		Dispatch first = jobs.get(0);
		write(first, (headers) -> {
			long id = dispatch(first, headers);
			List<String> others = jobs.stream().skip(1).map((job) -> content(job, headers)).toList();
			if (!others.isEmpty()) {
				this.gateway.dispatchLike(id, others);
				CommitCallback.of((first.handler() != null) ? this.handlerListener : this.listener)
					.count(others.size(), first.isLater());
			}
			return id;
		});
	}

	/**
	 * Adds the jobs that calls dispatch in the current thread to a batch.
	 */
	void inBatch(long batch, Runnable calls) {
		Long outer = this.currentBatch.get();
		this.currentBatch.set(batch);
		try {
			calls.run();
		}
		finally {
			if (outer != null) {
				this.currentBatch.set(outer);
			}
			else {
				this.currentBatch.remove();
			}
		}
	}

	private Dispatch inCurrentBatch(Dispatch dispatch) {
		Long batch = this.currentBatch.get();
		return (batch != null && !dispatch.options().has(Option.BATCH)) ? dispatch.batch(batch) : dispatch;
	}

	/**
	 * Writes a job without asking for its id.
	 */
	void fire(Dispatch description) {
		Dispatch dispatch = inCurrentBatch(description);
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
		Long batch = this.currentBatch.get();
		DispatchOptions options = (batch != null) ? this.defaultOptions.with(Option.BATCH, batch) : this.defaultOptions;
		write(new ObservedDispatch(null, null, null, new LinkedHashMap<>()), (headers) -> {
			writeCommands(commands.size(), false, (notify) -> {
				this.gateway.dispatchAll(commands.stream().map((sql) -> command(sql, headers)).toList(), headers,
						notify, options);
				return null;
			});
			return UNKNOWN;
		});
	}

	private String content(Dispatch dispatch, Map<String, String> headers) {
		return (dispatch.handler() != null) ? dispatch.content() : command(dispatch.content(), headers);
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
