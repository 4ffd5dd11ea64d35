package io.github.pgdispatch.samples.benchmark.contender;

import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * pg-dispatch, with a job of each kind.
 */
public enum PgDispatch implements Contender {

	/**
	 * What the method does and the end of the job are one transaction.
	 */
	TRANSACTIONAL_METHOD("pg-dispatch, transactional method", TransactionalJobs.class),

	/**
	 * The method has no transaction.
	 */
	METHOD("pg-dispatch, method", PlainJobs.class),

	/**
	 * SQL, which inserts a row whatever the method would do.
	 */
	COMMAND("pg-dispatch, SQL", Commands.class);

	/**
	 * What nodes that run jobs have done. Where none is connected, each dispatch from
	 * another session would look whether pg_cron is there instead, and perhaps warn.
	 */
	public static final String ATTEND = "SELECT pgdispatch.announce_application()";

	private final String title;

	private final Class<? extends Jobs> jobs;

	PgDispatch(String title, Class<? extends Jobs> jobs) {
		this.title = title;
		this.jobs = jobs;
	}

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return create(dataSource, transactionManager, threads, body, NodeSettings.DEFAULT);
	}

	Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body, NodeSettings settings) {
		return new PgDispatchApplication(dataSource, transactionManager, threads, body, this.jobs, settings);
	}

	@Override
	public String toString() {
		return this.title;
	}

}
