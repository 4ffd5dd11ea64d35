package io.github.pgdispatch.samples.benchmark.contender;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;

/**
 * An application with a table {@code bare} for its jobs, and threads that run them, and
 * look again at once.
 */
final class BareApplication implements Application {

	private final HikariDataSource dataSource;

	private final int threads;

	private final LongConsumer dispatch;

	private final BooleanSupplier run;

	private @Nullable ExecutorService workers;

	private volatile boolean started;

	/**
	 * Makes one.
	 * @param dataSource of the database that has the table
	 * @param threads how many run jobs
	 * @param dispatch writes a job
	 * @param run runs what there is, and tells whether there may be more
	 */
	BareApplication(HikariDataSource dataSource, int threads, LongConsumer dispatch, BooleanSupplier run) {
		this.dataSource = dataSource;
		this.threads = threads;
		this.dispatch = dispatch;
		this.run = run;
	}

	@Override
	public void dispatch(long number) {
		this.dispatch.accept(number);
	}

	@Override
	public void start() {
		this.started = true;
		ExecutorService workers = Executors.newFixedThreadPool(this.threads);
		for (int i = 0; i < this.threads; i++) {
			workers.execute(this::work);
		}
		this.workers = workers;
	}

	private void work() {
		try {
			while (this.started) {
				if (!this.run.getAsBoolean()) {
					TimeUnit.MILLISECONDS.sleep(1);
				}
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	public void stop() {
		this.started = false;
		if (this.workers != null) {
			this.workers.shutdown();
			Background.await(this.workers);
			this.workers = null;
		}
	}

	@Override
	public long waiting() {
		return Background.count(this.dataSource, "bare");
	}

	@Override
	public void close() {
		stop();
	}

}
