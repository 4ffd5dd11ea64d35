package io.github.pgdispatch.samples.benchmark.peer;

import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.function.LongConsumer;

import javax.sql.DataSource;

import dev.dbos.transact.DBOS;
import dev.dbos.transact.DBOSClient;
import dev.dbos.transact.config.DBOSConfig;
import dev.dbos.transact.migrations.MigrationManager;
import dev.dbos.transact.txstep.JdbcStepFactory;
import dev.dbos.transact.workflow.Queue;
import dev.dbos.transact.workflow.Workflow;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * DBOS: workflows in a queue, which it polls.
 */
final class DbosApplication implements Application {

	private static final String QUEUE = "jobs";

	private final DataSource dataSource;

	private final int threads;

	private final LongConsumer body;

	private final DBOSConfig config;

	private final DBOSClient client;

	private @Nullable DBOS dbos;

	DbosApplication(DataSource dataSource, int threads, LongConsumer body) {
		this.dataSource = dataSource;
		this.threads = threads;
		this.body = body;
		this.config = DBOSConfig.defaults("benchmark").withDataSource(dataSource).withAppVersion("1");
		MigrationManager.runMigrations(this.config);
		this.client = new DBOSClient(dataSource);
	}

	/**
	 * Commits by itself, whatever transaction there is.
	 */
	@Override
	public void dispatch(long number) {
		this.client.enqueueWorkflow(
				new DBOSClient.EnqueueOptions("process", Steps.class.getName(), QUEUE).withAppVersion("1"),
				new Object[] { number });
	}

	/**
	 * The polling interval is the shortest with which it was faster: each look at the
	 * queue takes no more than there are free threads.
	 */
	@Override
	public void start() {
		DBOS dbos = new DBOS(this.config);
		dbos.registerQueue(
				new Queue(QUEUE).withWorkerConcurrency(this.threads).withPollingInterval(Duration.ofMillis(5)));
		dbos.registerProxy(Job.class,
				new Steps(new JdbcStepFactory(dbos, this.dataSource), this.dataSource, this.body));
		dbos.launch();
		this.dbos = dbos;
	}

	@Override
	public void stop() {
		if (this.dbos != null) {
			this.dbos.shutdown();
			this.dbos = null;
		}
	}

	@Override
	public long waiting() {
		return Background.count(this.dataSource, "dbos.workflow_status WHERE status IN ('ENQUEUED', 'PENDING')");
	}

	@Override
	public void close() {
		stop();
		this.client.close();
	}

	/**
	 * Public, as DBOS makes a proxy of it.
	 */
	public interface Job {

		/**
		 * Does it.
		 * @param number of the job
		 */
		void process(long number);

	}

	/**
	 * The workflow.
	 *
	 * @param steps runs a step in a transaction
	 * @param dataSource whose connection the body uses
	 * @param body what a step does
	 */
	public record Steps(JdbcStepFactory steps, DataSource dataSource, LongConsumer body) implements Job {

		@Override
		@Workflow(name = "process")
		public void process(long number) {
			for (String step : List.of("charge", "reserve", "confirm")) {
				this.steps.txStep((connection) -> {
					run(connection, number);
				}, step);
			}
		}

		/**
		 * The body finds the connection as in a transaction of Spring.
		 */
		private void run(Connection connection, long number) {
			TransactionSynchronizationManager.bindResource(this.dataSource, new ConnectionHolder(connection));
			try {
				this.body.accept(number);
			}
			finally {
				TransactionSynchronizationManager.unbindResource(this.dataSource);
			}
		}

	}

}
