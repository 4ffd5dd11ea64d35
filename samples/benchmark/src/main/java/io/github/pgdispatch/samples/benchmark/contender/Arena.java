package io.github.pgdispatch.samples.benchmark.contender;

import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A database of its own for a contender, with the tables of an application, and what the
 * application does in it.
 */
public final class Arena implements AutoCloseable {

	private static final int THREADS = 16;

	private static final int CONNECTIONS = 40;

	private static final String TABLE = " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number bigint, at timestamptz NOT NULL DEFAULT clock_timestamp())";

	private final HikariDataSource dataSource = new HikariDataSource();

	private final JdbcTemplate jdbc;

	private final TransactionTemplate transaction;

	private final Application application;

	/**
	 * Makes one.
	 * @param database that is empty
	 * @param contender that runs the jobs
	 * @param body what a job does, with the statements of the arena that it is in
	 */
	public Arena(TestDatabase database, Contender contender, Body body) {
		this.dataSource.setJdbcUrl(contender.url(database));
		this.dataSource.setUsername("app");
		this.dataSource.setMaximumPoolSize(CONNECTIONS);
		this.dataSource.setMinimumIdle(0);
		this.jdbc = new JdbcTemplate(this.dataSource);
		createTables(this.jdbc);
		JdbcTransactionManager transactionManager = new JdbcTransactionManager(this.dataSource);
		this.transaction = new TransactionTemplate(transactionManager);
		LongConsumer bound = (number) -> body.run(this.jdbc, number);
		this.application = contender.create(this.dataSource, transactionManager, THREADS, bound);
	}

	/**
	 * Creates the tables of an application.
	 * @param jdbc statements of the database
	 */
	public static void createTables(JdbcOperations jdbc) {
		for (String table : new String[] { "business", "plain", "effect" }) {
			jdbc.execute("CREATE TABLE IF NOT EXISTS " + table + TABLE);
		}
	}

	public Application application() {
		return this.application;
	}

	public JdbcTemplate jdbc() {
		return this.jdbc;
	}

	/**
	 * What the application does anyway, and dispatches a job.
	 * @param number that the job is given
	 */
	public void dispatch(long number) {
		this.transaction.executeWithoutResult((status) -> {
			insert("business", number);
			this.application.dispatch(number);
		});
	}

	/**
	 * What the application does anyway, and one more row.
	 */
	public void insertOneMore() {
		this.transaction.executeWithoutResult((status) -> {
			insert("business", 0);
			insert("plain", 0);
		});
	}

	/**
	 * What the application does anyway, and nothing else.
	 */
	public void insertBusiness() {
		this.transaction.executeWithoutResult((status) -> insert("business", 0));
	}

	/**
	 * Dispatches many jobs.
	 * @param number of jobs
	 */
	public void dispatchMany(int number) {
		int inATransaction = 1000;
		for (int i = 0; i < number; i += inATransaction) {
			int first = i;
			this.transaction.executeWithoutResult((status) -> {
				for (int j = first; j < Math.min(number, first + inATransaction); j++) {
					this.application.dispatch(j);
				}
			});
		}
	}

	/**
	 * Dispatches many jobs in one transaction.
	 * @param number of jobs
	 */
	public void dispatchAtOnce(int number) {
		this.transaction.executeWithoutResult((status) -> this.application.dispatchAll(number));
	}

	private void insert(String table, long number) {
		this.jdbc.update("INSERT INTO " + table + " (number) VALUES (?)", number);
	}

	@Override
	public void close() {
		this.application.close();
		this.dataSource.close();
	}

	/**
	 * What a job does.
	 */
	@FunctionalInterface
	public interface Body {

		/**
		 * Does it.
		 * @param jdbc the statements of the application
		 * @param number of the job
		 */
		void run(JdbcTemplate jdbc, long number);

		/**
		 * Inserts a row.
		 * @param jdbc the statements of the application
		 * @param number of the job
		 */
		static void insert(JdbcTemplate jdbc, long number) {
			jdbc.update("INSERT INTO effect (number) VALUES (?)", number);
		}

		/**
		 * Does nothing.
		 * @param jdbc not used
		 * @param number not used
		 */
		static void nothing(JdbcTemplate jdbc, long number) {
		}

	}

}
