package io.github.pgdispatch.samples.benchmark.contender;

import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.samples.benchmark.database.BareProcedure;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * One session that runs SQL by a bare loop, and looks again at once.
 */
public final class BareLoop implements Contender {

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return new Bare(new JdbcTemplate(dataSource));
	}

	@Override
	public String toString() {
		return "bare loop";
	}

	private static final class Bare implements Application {

		private final JdbcTemplate jdbc;

		private Thread worker = new Thread(this::work);

		private volatile boolean started;

		Bare(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
			BareProcedure.statements().forEach(jdbc::execute);
		}

		@Override
		public void dispatch(long number) {
			this.jdbc.update("INSERT INTO bare (command) VALUES (?)",
					"INSERT INTO effect (number) VALUES (" + number + ")");
		}

		@Override
		public void start() {
			this.started = true;
			this.worker = new Thread(this::work);
			this.worker.start();
		}

		private void work() {
			try {
				while (this.started) {
					this.jdbc.execute("CALL bare_work()");
					TimeUnit.MILLISECONDS.sleep(1);
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		@Override
		public void stop() {
			this.started = false;
			try {
				this.worker.join();
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
