package io.github.pgdispatch.samples.benchmark.contender;

import java.time.Instant;
import java.util.List;
import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * pg-dispatch with jobs that are asked for in another way, or with a special node.
 *
 * @param ours the job
 * @param title what is special
 * @param settings of the node
 */
public record SpecialPgDispatch(PgDispatch ours, String title, NodeSettings settings) implements Contender {

	private static final int PLACES = 16;

	/**
	 * Many SQL jobs that are written by one statement.
	 * @return the contender
	 */
	public static Contender manyCommands() {
		return new SpecialPgDispatch(PgDispatch.COMMAND, "by one statement", settings(SqlDispatcher.class));
	}

	/**
	 * Many jobs in a batch, which one job follows.
	 * @param ours the job
	 * @return the contender
	 */
	public static Contender batch(PgDispatch ours) {
		return new SpecialPgDispatch(ours, "in a batch", settings(BatchDispatcher.class));
	}

	/**
	 * A schedule for each job.
	 * @param ours the job
	 * @param dueAt the first due time of all of them
	 * @return the contender
	 */
	public static Contender schedules(PgDispatch ours, Instant dueAt) {
		return new SpecialPgDispatch(ours, "of schedules",
				settings(ScheduleDispatcher.class, ScheduleDispatcher.DUE_AT + "=" + dueAt));
	}

	/**
	 * Jobs of two tenants in a queue, in which they run in the order in which they came.
	 * @param ours the job
	 * @return the contender
	 */
	public static Contender queue(PgDispatch ours) {
		return new SpecialPgDispatch(ours, "in a queue",
				settings(TenantDispatcher.class, limit("concurrency", PLACES)));
	}

	/**
	 * Jobs of two tenants in a queue, in which they take turns.
	 * @param ours the job
	 * @return the contender
	 */
	public static Contender fairQueue(PgDispatch ours) {
		return new SpecialPgDispatch(ours, "in a fair queue",
				settings(TenantDispatcher.class, limit("concurrency", PLACES), limit("per-key", PLACES / 2)));
	}

	/**
	 * A node whose threads are virtual, as far as the virtual machine has them.
	 * @param ours the job
	 * @return the contender
	 */
	public static Contender onVirtualThreads(PgDispatch ours) {
		return new SpecialPgDispatch(ours, "on virtual threads",
				new NodeSettings(List.of(), List.of("spring.threads.virtual.enabled=true")));
	}

	private static String limit(String name, int value) {
		return "pgdispatch.queues." + TenantDispatcher.QUEUE + "." + name + "=" + value;
	}

	private static NodeSettings settings(Class<? extends Dispatcher> dispatcher, String... properties) {
		return new NodeSettings(List.of(dispatcher), List.of(properties));
	}

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return this.ours.create(dataSource, transactionManager, threads, body, this.settings);
	}

	@Override
	public String toString() {
		return this.ours + " " + this.title;
	}

}
