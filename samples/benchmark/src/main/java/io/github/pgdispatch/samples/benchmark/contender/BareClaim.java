package io.github.pgdispatch.samples.benchmark.contender;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What is left if nothing is promised but the transaction: a row is claimed by its
 * deletion, and the job is run before the commit.
 */
public final class BareClaim implements Contender {

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return new Bare(new JdbcTemplate(dataSource), new TransactionTemplate(transactionManager), threads, body);
	}

	@Override
	public String toString() {
		return "bare JDBC claim";
	}

	private static final class Bare implements Application {

		private static final String CLAIM = """
				DELETE FROM bare
				 WHERE id = (SELECT id FROM bare ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
				RETURNING number""";

		private final JdbcTemplate jdbc;

		private final TransactionTemplate transaction;

		private final int threads;

		private final LongConsumer body;

		private ExecutorService workers = Executors.newCachedThreadPool();

		private volatile boolean started;

		Bare(JdbcTemplate jdbc, TransactionTemplate transaction, int threads, LongConsumer body) {
			this.jdbc = jdbc;
			this.transaction = transaction;
			this.threads = threads;
			this.body = body;
			jdbc.execute(
					"CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number bigint NOT NULL)");
		}

		@Override
		public void dispatch(long number) {
			this.jdbc.update("INSERT INTO bare (number) VALUES (?)", number);
		}

		@Override
		public void start() {
			this.started = true;
			this.workers = Executors.newFixedThreadPool(this.threads);
			for (int i = 0; i < this.threads; i++) {
				this.workers.submit(this::work);
			}
		}

		private void work() {
			while (this.started) {
				if (!Boolean.TRUE.equals(this.transaction.execute((status) -> runOne()))) {
					pause();
				}
			}
		}

		private boolean runOne() {
			List<Long> claimed = this.jdbc.queryForList(CLAIM, Long.class);
			claimed.forEach(this.body::accept);
			return !claimed.isEmpty();
		}

		private static void pause() {
			try {
				TimeUnit.MILLISECONDS.sleep(1);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		@Override
		public void stop() {
			this.started = false;
			this.workers.shutdown();
			try {
				this.workers.awaitTermination(1, TimeUnit.MINUTES);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		@Override
		public long waiting() {
			Long waiting = this.jdbc.queryForObject("SELECT count(*) FROM bare", Long.class);
			return (waiting != null) ? waiting : 0;
		}

		@Override
		public void close() {
			stop();
		}

	}

}
