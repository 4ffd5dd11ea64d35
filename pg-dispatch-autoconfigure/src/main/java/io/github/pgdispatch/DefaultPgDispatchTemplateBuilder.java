package io.github.pgdispatch;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * Default implementation of {@link PgDispatchTemplate.Builder}.
 */
final class DefaultPgDispatchTemplateBuilder implements PgDispatchTemplate.Builder {

	private final DataSource dataSource;

	private final PlatformTransactionManager transactionManager;

	private boolean transactionRequired = true;

	private DispatchListener listener = new NoListener();

	private DispatchListener handlerListener = new NoListener();

	private JobResults results = (id) -> CompletableFuture
		.failedFuture(new IllegalStateException("This template cannot wait for jobs. Build it with JobResults"));

	private DispatchPropagator propagator = DispatchPropagator.of(List.of());

	private DispatchObserver observer = (dispatch, write) -> write.getAsLong();

	private boolean traceComment;

	private DispatchDefaults defaults = DispatchDefaults.ONE_ATTEMPT;

	DefaultPgDispatchTemplateBuilder(DataSource dataSource, PlatformTransactionManager transactionManager) {
		this.dataSource = dataSource;
		this.transactionManager = transactionManager;
	}

	@Override
	public PgDispatchTemplate.Builder transactionRequired(boolean transactionRequired) {
		this.transactionRequired = transactionRequired;
		return this;
	}

	@Override
	public PgDispatchTemplate.Builder listener(DispatchListener listener) {
		this.listener = listener;
		return this;
	}

	@Override
	public PgDispatchTemplate.Builder handlerListener(DispatchListener handlerListener) {
		this.handlerListener = handlerListener;
		return this;
	}

	@Override
	public PgDispatchTemplate.Builder results(JobResults results) {
		this.results = results;
		return this;
	}

	@Override
	public PgDispatchTemplate.Builder propagator(DispatchPropagator propagator) {
		this.propagator = propagator;
		return this;
	}

	@Override
	public PgDispatchTemplate.Builder observer(DispatchObserver observer) {
		this.observer = observer;
		return this;
	}

	@Override
	public PgDispatchTemplate.Builder traceComment(boolean traceComment) {
		this.traceComment = traceComment;
		return this;
	}

	@Override
	public PgDispatchTemplate.Builder defaults(DispatchDefaults defaults) {
		this.defaults = defaults;
		return this;
	}

	@Override
	public PgDispatchTemplate build() {
		DispatchTransaction transaction = new DispatchTransaction(this.transactionManager, this.dataSource,
				this.transactionRequired);
		DispatchTransaction change = new DispatchTransaction(this.transactionManager, this.dataSource, false);
		JobWriter writer = new JobWriter(this.dataSource, transaction, this.propagator, this.observer,
				this.traceComment, this.listener, this.handlerListener, this.defaults);
		return new DefaultPgDispatchTemplate(writer, new BatchWriter(this.dataSource, transaction, writer),
				new JobControl(this.dataSource, change), new BatchControl(this.dataSource, change),
				new ScheduleControl(this.dataSource, change, this.handlerListener, this.defaults), this.results);
	}

}
