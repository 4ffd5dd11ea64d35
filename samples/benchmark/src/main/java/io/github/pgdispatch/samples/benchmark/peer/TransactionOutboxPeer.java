package io.github.pgdispatch.samples.benchmark.peer;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.ObjLongConsumer;

import javax.sql.DataSource;

import com.gruelbox.transactionoutbox.Dialect;
import com.gruelbox.transactionoutbox.Instantiator;
import com.gruelbox.transactionoutbox.Persistor;
import com.gruelbox.transactionoutbox.SpringTransactionManager;
import com.gruelbox.transactionoutbox.Submitter;
import com.gruelbox.transactionoutbox.TransactionManager;
import com.gruelbox.transactionoutbox.TransactionOutbox;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import org.jspecify.annotations.Nullable;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * transaction-outbox: a job is a call of a method, and goes to a local pool after the
 * commit.
 */
final class TransactionOutboxPeer implements Application {

	/**
	 * How soon a job that was not run is tried again. Two minutes are the default; with a
	 * short time jobs that waited before the start are found soon.
	 */
	private static final Duration ATTEMPTS = Duration.ofSeconds(1);

	private static final int BATCH = 1000;

	private final DataSource dataSource;

	private final SmallContext context;

	private final Workers workers;

	private final TransactionOutbox outbox;

	private final LongConsumer schedule;

	private @Nullable ScheduledExecutorService flusher;

	private volatile boolean backlog;

	TransactionOutboxPeer(DataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		this(dataSource, transactionManager, threads, body, (outbox, id) -> outbox.schedule(Job.class).run(id));
	}

	private TransactionOutboxPeer(DataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body, ObjLongConsumer<TransactionOutbox> schedule) {
		this.dataSource = dataSource;
		this.workers = new Workers(threads);
		this.context = new SmallContext(dataSource, transactionManager);
		this.context.register(SmallContext.Transactions.class, SpringTransactionManager.class);
		this.context.refresh();
		this.outbox = TransactionOutbox.builder()
			.transactionManager(this.context.getBean(TransactionManager.class))
			.persistor(Persistor.forDialect(Dialect.POSTGRESQL_9))
			.instantiator(Instantiator.using((type) -> new RunningJob(body)))
			.submitter(Submitter.withExecutor(this.workers))
			.attemptFrequency(ATTEMPTS)
			.flushBatchSize(BATCH)
			.serializeMdc(false)
			.build();
		this.schedule = (id) -> schedule.accept(this.outbox, id);
	}

	/**
	 * One whose jobs have a key, of which there is at most one request.
	 */
	static TransactionOutboxPeer withUniqueRequests(DataSource dataSource,
			PlatformTransactionManager transactionManager, int threads, LongConsumer body) {
		return new TransactionOutboxPeer(dataSource, transactionManager, threads, body,
				(outbox, id) -> outbox.with().uniqueRequestId("key " + id).schedule(Job.class).run(id));
	}

	@Override
	public void dispatch(long id) {
		this.schedule.accept(id);
	}

	@Override
	public void start() {
		this.workers.start();
		this.flusher = Executors.newSingleThreadScheduledExecutor();
		this.flusher.scheduleWithFixedDelay(this::flush, 0, 20, TimeUnit.MILLISECONDS);
	}

	/**
	 * What its documentation leaves to the user. Whatever is queued for long would be
	 * found and queued again, so we look only when nothing is queued; or, while there is
	 * a backlog, when half of what we have just found is.
	 */
	private void flush() {
		while (this.workers.queued() <= (this.backlog ? BATCH / 2 : 0)) {
			this.backlog = this.outbox.flush();
			if (!this.backlog) {
				return;
			}
		}
	}

	@Override
	public void stop() {
		if (this.flusher != null) {
			this.flusher.shutdown();
			Background.await(this.flusher);
			this.flusher = null;
		}
		this.workers.stop();
	}

	@Override
	public long waiting() {
		return Background.count(this.dataSource, "txno_outbox WHERE NOT processed");
	}

	@Override
	public void close() {
		stop();
		this.context.close();
	}

	/**
	 * An interface, since it is proxied.
	 */
	interface Job {

		void run(long id);

	}

	private record RunningJob(LongConsumer body) implements Job {

		@Override
		public void run(long id) {
			this.body.accept(id);
		}

	}

}
