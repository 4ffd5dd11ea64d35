package io.github.pgdispatch.samples.benchmark.peer;

import java.util.Map;
import java.util.function.LongConsumer;

import javax.sql.DataSource;

import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import io.namastack.outbox.Outbox;
import io.namastack.outbox.OutboxJacksonAutoConfiguration;
import io.namastack.outbox.OutboxProcessingScheduler;
import io.namastack.outbox.config.JdbcOutboxAutoConfiguration;
import io.namastack.outbox.config.JdbcOutboxSchemaAutoConfiguration;
import io.namastack.outbox.config.OutboxCoreInfrastructureAutoConfiguration;
import io.namastack.outbox.config.OutboxCoreProcessingAutoConfiguration;
import io.namastack.outbox.config.OutboxCoreSchedulingAutoConfiguration;
import io.namastack.outbox.config.OutboxCoreThreadingAutoConfiguration;
import io.namastack.outbox.handler.OutboxRecordMetadata;
import io.namastack.outbox.handler.OutboxTypedHandler;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskSchedulingAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * namastack-outbox: records in order of time for each key. A job has a key of its own, or
 * one of some.
 */
final class NamastackOutbox implements Application {

	private final DataSource dataSource;

	private final SmallContext context;

	private final Outbox outbox;

	private final OutboxProcessingScheduler scheduler;

	private final long keys;

	NamastackOutbox(DataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		this(dataSource, transactionManager, threads, body, Long.MAX_VALUE);
	}

	private NamastackOutbox(DataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body, long keys) {
		this.dataSource = dataSource;
		this.keys = keys;
		this.context = new SmallContext(dataSource, transactionManager)
			.with(properties(threads, keys < Long.MAX_VALUE));
		this.context.register(AutoConfigurations.class);
		this.context.registerBean(JobHandler.class, () -> new JobHandler(body));
		this.context.refresh();
		this.outbox = this.context.getBean(Outbox.class);
		this.scheduler = this.context.getBean(OutboxProcessingScheduler.class);
		// The refresh has started it; there are no records yet.
		this.scheduler.stop();
	}

	/**
	 * One whose jobs are run in the order of their times, also after a failure, for each
	 * of some keys.
	 */
	static Peers.Factory inOrderOf(int keys) {
		return (dataSource, transactionManager, threads, body) -> new NamastackOutbox(dataSource, transactionManager,
				threads, body, keys);
	}

	/**
	 * The documented ones. It has no hint, so latency is what it polls with: a short
	 * fixed interval, which the adaptive trigger would double whenever a batch is not
	 * full. A big batch, since it waits for the whole of it before the next one. Without
	 * {@code stop-on-first-failure}, which is about the order within a key, its query is
	 * a simpler one.
	 */
	private static Map<String, Object> properties(int threads, boolean inOrder) {
		return Map.of("namastack.outbox.polling.trigger", "fixed", "namastack.outbox.polling.fixed.interval", "10ms",
				"namastack.outbox.polling.batch-size", 1000, "namastack.outbox.processing.delete-completed-records",
				true, "namastack.outbox.processing.stop-on-first-failure", inOrder,
				"namastack.outbox.processing.executor-core-pool-size", threads,
				"namastack.outbox.processing.executor-max-pool-size", threads);
	}

	@Override
	public void dispatch(long id) {
		this.outbox.schedule(new Job(id), Long.toString(id % this.keys));
	}

	@Override
	public void start() {
		this.scheduler.start();
	}

	@Override
	public void stop() {
		this.scheduler.stop();
	}

	@Override
	public long waiting() {
		return Background.count(this.dataSource, "outbox_record WHERE completed_at IS NULL");
	}

	@Override
	public void close() {
		this.context.close();
	}

	record Job(long id) {

	}

	/**
	 * A class, since it looks for the type of the payload.
	 */
	record JobHandler(LongConsumer body) implements OutboxTypedHandler<Job> {

		@Override
		public void handle(Job payload, OutboxRecordMetadata metadata) {
			this.body.accept(payload.id());
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ TaskExecutionAutoConfiguration.class, TaskSchedulingAutoConfiguration.class,
			OutboxJacksonAutoConfiguration.class, JdbcOutboxAutoConfiguration.class,
			JdbcOutboxSchemaAutoConfiguration.class, OutboxCoreInfrastructureAutoConfiguration.class,
			OutboxCoreThreadingAutoConfiguration.class, OutboxCoreProcessingAutoConfiguration.class,
			OutboxCoreSchedulingAutoConfiguration.class })
	static class AutoConfigurations {

	}

}
